import { stat } from 'node:fs/promises'
import { BadInput, RepoId, Source } from '../../core/index.ts'
import type { BundleImportResult, ImportProgress, ImportResult } from '../../sdk/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import * as Format from '../Format.ts'
import { type Io, note, print } from '../Io.ts'
import * as Progress from '../Progress.ts'

export type ImportOptions = ConnectOptions & {
  from?: string | undefined
  sourceToken?: string | undefined
  type?: RepoId.RepoType | undefined
  as?: string | undefined
  license?: string | undefined
  allowPickle?: boolean | undefined
  exclude?: string[] | undefined
  anchor?: boolean | undefined
  to?: string | undefined
}

/** Takes over `hf:ORG/NAME[@rev]` from another hub, or unpacks and checks a bundle that `dehug export` made. */
export async function importFrom(
  what: string,
  options: ImportOptions,
  io: Io,
): Promise<ImportResult | BundleImportResult> {
  if (what.startsWith('hf:')) return fromHub(what, options, io)
  if ((await stat(what).catch(() => undefined))?.isFile()) return fromBundle(what, options, io)
  throw new NothingLikeThat(what)
}

async function fromHub(what: string, options: ImportOptions, io: Io): Promise<ImportResult> {
  const wanted = parseSource(what, options.type)
  if (options.from === undefined) throw new SourceMissing()
  const as = RepoId.parse(options.as ?? wanted.name, wanted.type)
  const client = await connect(options, io)
  const screen = transferScreen(io)
  const take = (license: string | undefined) =>
    client.importRepo({
      ...wanted,
      as,
      license,
      from: options.from as string,
      sourceToken: options.sourceToken ?? io.config.sourceToken,
      allowPickle: options.allowPickle,
      exclude: options.exclude,
      anchor: options.anchor,
      signal: io.signal,
      onProgress: screen.show,
    })
  const result = await take(options.license)
    .catch(async (error: unknown) => {
      if ((error as { code?: string }).code !== 'license_missing' || !io.isTty) throw error
      screen.end()
      return take(await askLicense(io, wanted.name, error))
    })
    .finally(screen.end)
  for (const line of describe(result)) print(io, line)
  if (result.unsafe.length > 0) note(io, `Marked as unsafe to load: ${result.unsafe.join(', ')}`)
  return result
}

/** What is left on the screen afterwards. */
export function describe(result: ImportResult): string[] {
  const { source } = result
  const fetched = result.fetchedBytes === 0 ? 'nothing to fetch' : `${Format.bytes(result.fetchedBytes)} fetched`
  const left = result.excludedFiles > 0 ? `, ${result.excludedFiles} left out` : ''
  return [
    `${result.repo}: ${result.files} files, ${Format.bytes(result.bytes)} (${fetched}, ${Format.bytes(result.sentBytes)} sent${left})`,
    `source    ${source.repo}@${source.commit} from ${source.endpoint}`,
    `license   ${result.license}`,
    `root      ${result.root}`,
    `manifest  ${result.cid}`,
    `commit    ${result.commit}`,
    anchoredLine(result),
    'unclaimed: you keep it for its origin; it is free and pays no royalties',
    result.url,
  ]
}

const anchoredLine = ({ anchored, minted, tokenId, tx }: ImportResult): string => {
  if (!anchored) return 'not anchored: its manifest was not signed'
  if (tx === null) return 'anchored  already, exactly this version'
  return minted ? `minted    NFT ${tokenId}, tx ${tx}` : `anchored  tx ${tx}`
}

async function fromBundle(path: string, options: ImportOptions, io: Io): Promise<BundleImportResult> {
  const client = await connect(options, io)
  let bar: Progress.Progress | undefined
  const result = await client
    .importBundle({
      path,
      folder: options.to,
      as: options.as === undefined ? undefined : RepoId.parse(options.as, options.type),
      allowPickle: options.allowPickle,
      anchor: options.anchor,
      signal: io.signal,
      onProgress: ({ doneBytes, totalBytes }) => {
        bar ??= Progress.start(io, 'Checking', totalBytes)
        bar.update(doneBytes, totalBytes)
      },
    })
    .finally(() => bar?.finish())
  print(io, `${result.repo}: ${result.files} files, ${Format.bytes(result.bytes)} in ${result.folder}`)
  print(io, `root ${result.root}`)
  for (const line of result.proof) print(io, line)
  if (result.source) note(io, `This is an ${Source.describe(result.source)}.`)
  if (result.published) print(io, `published as ${result.published.repo}: ${result.published.url}`)
  return result
}

/** Reads `hf:[models/|datasets/|spaces/]ORG/NAME[@revision]`. Throws `BadInput`. */
export function parseSource(
  text: string,
  type: RepoId.RepoType | undefined,
): { name: string; type: RepoId.RepoType; revision: string } {
  const match = /^hf:(?:(model|dataset|space)s\/)?(\w[\w.-]{0,95}(?:\/\w[\w.-]{0,95})?)(?:@(\S{1,200}))?$/.exec(text)
  const [, prefix, name, revision = 'main'] = match ?? []
  if (name === undefined || (prefix !== undefined && type !== undefined && prefix !== type)) {
    throw new BadInput(`"${text.slice(0, 200)}" is not a repository of a hub.`, {
      code: 'bad_source',
      hint: 'Write it like hf:org/name, hf:org/name@revision or hf:datasets/org/name.',
    })
  }
  return { name, type: type ?? (prefix as RepoId.RepoType | undefined) ?? 'model', revision }
}

async function askLicense(io: Io, name: string, error: unknown): Promise<string> {
  note(io, `${name} does not say its license. Which is it (SPDX id, or "unknown")?`)
  for await (const line of io.lines ?? []) if (line.trim() !== '') return line.trim()
  throw error
}

function transferScreen(io: Io) {
  let bar: Progress.Progress | undefined
  const end = () => {
    bar?.finish()
    bar = undefined
  }
  const show = (progress: ImportProgress) => {
    if (!('doneBytes' in progress)) return end()
    bar ??= Progress.start(io, 'Importing', progress.totalBytes)
    bar.update(progress.doneBytes, progress.totalBytes)
  }
  return { show, end }
}

/** What to import is neither a name nor a file. */
class NothingLikeThat extends BadInput {
  constructor(what: string) {
    super(`"${what.slice(0, 200)}" is neither hf:ORG/NAME nor a bundle file.`, {
      code: 'bad_source',
      hint: 'Write hf:org/name --from https://hub.example, or the path of a .car file.',
    })
  }
}

/** From which hub is never guessed. */
class SourceMissing extends BadInput {
  constructor() {
    super('Which hub is it imported from?', {
      code: 'bad_source',
      hint: 'Say it with --from, for example --from https://huggingface.co.',
    })
  }
}
