import { parse as parseYaml } from 'yaml'
import { BadInput, License, type Manifest, ModelIndex, RepoId } from '../core/index.ts'

/** What a repository's README.md says about it in its YAML front matter (Hugging Face model and dataset cards). */
export type Card = {
  license: string | undefined
  task: string | undefined
  libraryName: string | undefined
  baseModels: Manifest.Manifest['baseModels']
  evals: Manifest.Manifest['evals']
}

const relations = ['fork', 'finetune', 'adapter', 'quantized', 'merge'] as const
const maxFrontMatter = 256 * 1024

/** Reads the front matter; none is an empty card. Throws `BadInput` when it is no YAML mapping. */
export function parse(readme: string): Card {
  const match = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---[ \t]*(\r?\n|$)/.exec(readme.slice(0, maxFrontMatter))
  const data = match?.[1] === undefined ? {} : mapping(match[1])
  return {
    license: text(first(data.license)),
    task: text(data.pipeline_tag) ?? text(first(data.task_categories)),
    libraryName: text(data.library_name),
    baseModels: [...edges(data.base_model, relationOf(data.base_model_relation)), ...edges(data.datasets, 'dataset')],
    evals: ModelIndex.results(data),
  }
}

/** The license of the manifest: `given` (an option) before the card's; a LICENSE file's hash is added where there is one. */
export function licenseOf(
  card: Card,
  options: { given?: string | undefined; textSha256?: string | undefined },
): License.License {
  const id = options.given ?? card.license
  if (id === undefined) throw new LicenseMissing()
  return License.from(id, { textSha256: options.textSha256 })
}

function mapping(yaml: string): Record<string, unknown> {
  let data: unknown
  try {
    data = parseYaml(yaml, { maxAliasCount: 100, logLevel: 'error' })
  } catch (cause) {
    throw new BadInput(`The front matter of README.md is not YAML: ${(cause as Error).message.split('\n')[0]}.`, {
      code: 'bad_card',
      hint: 'Correct the lines between the two "---" at the top of README.md.',
      cause,
    })
  }
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as Record<string, unknown>) : {}
}

const first = (value: unknown): unknown => (Array.isArray(value) ? value[0] : value)
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, 64) : undefined

const relationOf = (value: unknown) => relations.find((known) => known === value) ?? 'finetune'

/** Names that no repository can have (free text in a card) are left out. */
function edges(value: unknown, relation: Manifest.Manifest['baseModels'][number]['relation']): Card['baseModels'] {
  const names = (Array.isArray(value) ? value : [value]).filter((name) => typeof name === 'string')
  return names.slice(0, 32).flatMap((name) => {
    try {
      return [{ repo: RepoId.key(RepoId.parse(name, relation === 'dataset' ? 'dataset' : 'model')), relation }]
    } catch {
      return []
    }
  })
}

/** Nobody may use what has no license. */
export class LicenseMissing extends BadInput {
  constructor() {
    super('The repository does not say its license.', {
      code: 'license_missing',
      hint: 'Add "license: apache-2.0" (or another SPDX id) to the front matter of README.md, or pass --license.',
    })
  }
}
