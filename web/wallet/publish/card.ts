import { Card } from 'dehug/sdk/web'
import { parse, stringify } from 'yaml'

/** What the card says in fields; the rest of its front matter stays as it was. */
export type CardFields = {
  license: string
  task: string
  library: string
  /** `ns/name`, comma-separated. */
  baseModels: string
  relation: 'finetune' | 'adapter' | 'quantized' | 'merge' | 'fork'
}

const frontMatter = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---[ \t]*(\r?\n|$)/

/** Fields and text of a README; one that has none is empty. Throws `BadInput` where the front matter is no YAML. */
export const readCard = (readme: string): { fields: CardFields; body: string } => {
  const { license, task, libraryName, baseModels } = Card.parse(readme)
  const parents = baseModels.filter(({ relation }) => relation !== 'dataset')
  const relation = parents[0]?.relation
  return {
    fields: {
      license: license ?? '',
      task: task ?? '',
      library: libraryName ?? '',
      baseModels: parents.map(({ repo }) => repo.replace(/^model:/, '')).join(', '),
      relation: relation === undefined || relation === 'dataset' ? 'finetune' : relation,
    },
    body: readme.replace(frontMatter, ''),
  }
}

export const parentsOf = (text: string): string[] =>
  text
    .split(/[,\s]+/)
    .map((name) => name.trim())
    .filter((name) => name !== '')

/** README.md with these fields in its front matter. */
export const writeCard = (original: string, type: 'model' | 'dataset', fields: CardFields, body: string): string => {
  const before = frontMatter.exec(original)?.[1]
  const data = (before === undefined ? {} : (parse(before) ?? {})) as Record<string, unknown>
  const set = (name: string, value: unknown) => {
    if (value === '' || (Array.isArray(value) && value.length === 0)) delete data[name]
    else data[name] = value
  }
  set('license', fields.license)
  set('library_name', fields.library)
  if (type === 'model') {
    set('pipeline_tag', fields.task)
    const parents = parentsOf(fields.baseModels)
    set('base_model', parents.length === 1 ? parents[0] : parents)
    set('base_model_relation', parents.length > 0 ? fields.relation : '')
  } else set('task_categories', fields.task === '' ? [] : [fields.task])
  return `---\n${stringify(data)}---\n\n${body.trim()}\n`
}
