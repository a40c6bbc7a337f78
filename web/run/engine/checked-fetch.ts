import { digestBlob } from 'dehug/sdk/web'
import type { PromisedFile } from './messages.ts'

const cacheName = 'dehug-files'

type Version = { commit: string; files: Map<string, PromisedFile> }

/** The one version of each model that may be read, by `ns/name`. */
const versions = new Map<string, Version>()

/** Lets the engine read the files of this version of a model, and nothing else of it. */
export const promise = (model: string, commit: string, files: PromisedFile[]): void => {
  versions.set(model, { commit, files: new Map(files.map((file) => [file.path, file])) })
}

/**
 * A `fetch` for the engine: a file is handed over only after its bytes were found to be those of the manifest, be they
 * from the hub or from this browser's cache. What no manifest promises is not there. Whatever revision is asked for, it
 * is the promised version that answers.
 */
export const checkedFetch = (onNote: () => (note: string) => void) => async (input: string | URL | Request) => {
  const { pathname } = new URL(input instanceof Request ? input.url : input, self.location.origin)
  const [, model = '', path = ''] = /^\/([^/]+\/[^/]+)\/resolve\/[^/]+\/(.+)$/.exec(pathname) ?? []
  const version = versions.get(model)
  const file = version?.files.get(decodeURIComponent(path))
  if (!version || !file) return new Response(null, { status: 404 })
  const address = `/${model}/resolve/${version.commit}/${path}`
  const blob = (await cached(file)) ?? (await fetched(address, file, onNote()))
  return new Response(blob, { headers: { 'content-length': String(blob.size) } })
}

const keyOf = ({ sha256 }: PromisedFile) => `/checked/${sha256}`

async function cached(file: PromisedFile): Promise<Blob | undefined> {
  const found = await (await caches.open(cacheName)).match(keyOf(file))
  const blob = await found?.blob()
  return blob && (await isRight(blob, file)) ? blob : undefined
}

async function fetched(address: string, file: PromisedFile, onNote: (note: string) => void): Promise<Blob> {
  onNote(`Fetching ${file.path}`)
  const answer = await fetch(address)
  if (!answer.ok) throw new Error(`The hub answered ${answer.status} for ${file.path}.`)
  const blob = await answer.blob()
  onNote(`Checking ${file.path}`)
  if (!(await isRight(blob, file))) throw new DamagedFile(file.path)
  // A full disk only means that it is fetched again next time.
  await caches
    .open(cacheName)
    .then((cache) => cache.put(keyOf(file), new Response(blob)))
    .catch(() => undefined)
  return blob
}

const isRight = async (blob: Blob, file: PromisedFile): Promise<boolean> =>
  blob.size === file.size && (await digestBlob(blob)).sha256 === file.sha256

/** The bytes that came are not those of the manifest. */
class DamagedFile extends Error {
  readonly code = 'file_mismatch'

  constructor(path: string) {
    super(`${path} is not what was published: its bytes were refused before anything read them.`)
  }
}
