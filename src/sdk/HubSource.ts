import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request as send } from 'undici'
import { z } from 'zod'
import { BadInput, NotFound, NotPermitted, Path, type RepoId, Unavailable, VerificationFailed } from '../core/index.ts'
import { backOffMs } from './Http.ts'

/** A file as a hub lists it: large ones by SHA-256, small ones by git's blob id. */
export type Entry = { path: string; size: number; oid: string; sha256: string | undefined }

/** A repository of another hub at one commit. */
export type HubSource = AsyncDisposable & {
  endpoint: string
  /** `type:ns/name`, as it is called there. */
  repo: string
  commit: string
  /** Every file, page by page. Throws {@link BadListing} and `BadPath`. */
  list(signal?: AbortSignal): Promise<Entry[]>
  /** The bytes of a file from `start` on; they may begin at 0 all the same, which `start` of the answer says. */
  open(path: string, start: number, signal?: AbortSignal): Promise<{ start: number; body: AsyncIterable<Uint8Array> }>
}

export type Options = {
  endpoint: string
  type: RepoId.RepoType
  /** `ns/name`, or only `name` where the hub has such. */
  name: string
  revision: string
  /** Sent to `endpoint` only, never to where it redirects. */
  token?: string | undefined
  /** Silence after which a connection is given up. Default 30 s. */
  stallMs?: number | undefined
  /** How often one request is tried. Default 6. */
  attempts?: number | undefined
  signal?: AbortSignal | undefined
}

const maxRedirects = 5
const maxJsonBytes = 64 * 2 ** 20
const maxEntries = 1_000_000
const longestWaitMs = 300_000
const busy = new Set([408, 425, 429, 500, 502, 503, 504])

const Info = z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/) })
const Page = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    oid: z.string().regex(/^[0-9a-f]{40}$/),
    size: z.int().min(0).default(0),
    lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().min(0) }).nullish(),
  }),
)

/** Finds the repository with the routes every Hub-compatible endpoint has. Throws {@link SourceNotFound}, {@link SourceRefused}, {@link SourceBusy}. */
export async function open(options: Options): Promise<HubSource> {
  const endpoint = endpointOf(options.endpoint)
  const stallMs = options.stallMs ?? 30_000
  const agent = new Agent({
    connections: 16,
    connect: { timeout: 10_000 },
    headersTimeout: stallMs,
    bodyTimeout: stallMs,
  })
  const door: Door = { ...options, endpoint, agent }
  const api = `${endpoint}/api/${options.type}s/${encodeName(options.name)}`
  try {
    const info = await json(door, `${api}/revision/${encodeURIComponent(options.revision)}`, Info, options.signal)
    const files = `${endpoint}${options.type === 'model' ? '' : `/${options.type}s`}/${encodeName(options.name)}`
    return {
      endpoint,
      repo: `${options.type}:${options.name}`,
      commit: info.value.sha,
      list: (signal) => list(door, `${api}/tree/${info.value.sha}?recursive=true`, signal),
      open: (path, start, signal) =>
        openFile(door, `${files}/resolve/${info.value.sha}/${encodePath(path)}`, start, signal),
      [Symbol.asyncDispose]: () => agent.destroy(),
    }
  } catch (error) {
    await agent.destroy()
    throw error
  }
}

type Door = Options & { agent: Agent }
type Answer = Awaited<ReturnType<typeof send>>

const encodeName = (name: string) => name.split('/').map(encodeURIComponent).join('/')
const encodePath = encodeName

async function list(door: Door, first: string, signal: AbortSignal | undefined): Promise<Entry[]> {
  const entries: Entry[] = []
  const seen = new Set<string>()
  for (let url: string | undefined = first; url !== undefined; ) {
    if (seen.has(url)) throw new BadListing(door.endpoint, 'its pages go round in a circle')
    seen.add(url)
    const page: { value: z.infer<typeof Page>; next: string | undefined } = await json(door, url, Page, signal)
    for (const { type, path, oid, size, lfs } of page.value) {
      if (type === 'file') entries.push({ path, oid, size: lfs?.size ?? size, sha256: lfs?.oid })
    }
    if (entries.length > maxEntries) throw new BadListing(door.endpoint, `it has more than ${maxEntries} files`)
    url = page.next
  }
  const paths = entries.map(({ path }) => path)
  paths.forEach(Path.assertSafe)
  Path.assertUnique(paths)
  if (entries.length === 0) throw new BadListing(door.endpoint, 'it has no files')
  return entries
}

/** Pages go on at the same origin only: what sends the token elsewhere is no page of this hub. */
function nextPage(door: Door, answer: Answer, url: string): string | undefined {
  const link = /<([^>]+)>;\s*rel="?next"?/.exec(String(answer.headers.link ?? ''))?.[1]
  if (link === undefined) return undefined
  const next = URL.canParse(link, url) ? new URL(link, url) : undefined
  if (next?.origin !== new URL(door.endpoint).origin)
    throw new BadListing(door.endpoint, 'its next page is at another host')
  return next.href
}

async function json<T>(
  door: Door,
  url: string,
  schema: z.ZodType<T>,
  signal: AbortSignal | undefined,
): Promise<{ value: T; next: string | undefined }> {
  for (let attempt = 0; ; attempt += 1) {
    const answer = await get(door, url, {}, signal)
    const text = await readText(answer, maxJsonBytes).catch((error: Error) => error)
    signal?.throwIfAborted()
    if (text instanceof BadListing) throw text
    if (text instanceof Error) {
      if (attempt + 1 >= (door.attempts ?? 6)) throw new SourceBusy(door.endpoint, text.message, text)
      await sleep(backOffMs(attempt), undefined, { signal })
      continue
    }
    const value = schema.safeParse(safeJson(text))
    if (!value.success) throw new BadListing(door.endpoint, `${new URL(url).pathname} is not what a hub answers`)
    return { value: value.data, next: nextPage(door, answer, url) }
  }
}

async function readText(answer: Answer, limit: number): Promise<string> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of answer.body as AsyncIterable<Buffer>) {
    length += piece.length
    if (length > limit) throw new BadListing('The source', 'an answer is too large')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

const safeJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function openFile(door: Door, url: string, start: number, signal: AbortSignal | undefined) {
  const range: Record<string, string> = start > 0 ? { range: `bytes=${start}-` } : {}
  const answer = await get(door, url, { 'accept-encoding': 'identity', ...range }, signal)
  const begins = /^bytes (\d+)-/.exec(String(answer.headers['content-range'] ?? ''))?.[1]
  return {
    start: answer.statusCode === 206 && begins !== undefined ? Number(begins) : 0,
    body: answer.body as AsyncIterable<Uint8Array>,
  }
}

/** One successful answer; what may be tried again is, after the time the source asks for. */
async function get(
  door: Door,
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  for (let attempt = 0; ; attempt += 1) {
    const answer = await follow(door, url, headers, signal).catch((error: Error) => error)
    signal?.throwIfAborted()
    if (answer instanceof BadInput || answer instanceof VerificationFailed) throw answer
    if (!(answer instanceof Error) && (answer.statusCode === 200 || answer.statusCode === 206)) return answer
    const again = answer instanceof Error || busy.has(answer.statusCode)
    if (!again) throw await refusal(door, answer)
    const reason = answer instanceof Error ? codeOf(answer) : `status ${answer.statusCode}`
    const asked = answer instanceof Error ? 0 : Number(answer.headers['retry-after']) * 1000 || 0
    if (!(answer instanceof Error)) await answer.body.dump().catch(() => {})
    if (attempt + 1 >= (door.attempts ?? 6)) throw new SourceBusy(door.endpoint, reason, answer)
    await sleep(Math.max(backOffMs(attempt), Math.min(asked, longestWaitMs)), undefined, { signal })
  }
}

const codeOf = (error: Error): string => (error as { code?: string }).code ?? error.message

/** Follows redirects by hand, so that the token never leaves the endpoint's own origin and https stays https. */
async function follow(
  door: Door,
  first: string,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const home = new URL(door.endpoint).origin
  let url = new URL(first)
  for (let hop = 0; hop <= maxRedirects; hop += 1) {
    const own: Record<string, string> =
      url.origin === home && door.token !== undefined ? { authorization: `Bearer ${door.token}` } : {}
    const answer = await send(url, {
      dispatcher: door.agent,
      headers: { ...headers, ...own },
      ...(signal ? { signal } : {}),
    })
    if (![301, 302, 303, 307, 308].includes(answer.statusCode)) return answer
    await answer.body.dump()
    const location = String(answer.headers.location ?? '')
    const next = URL.canParse(location, url) ? new URL(location, url) : undefined
    const isWeb = next?.protocol === 'https:' || (next?.protocol === 'http:' && url.protocol === 'http:')
    if (!next || !isWeb) throw new BadRedirect(url.origin, location)
    url = next
  }
  throw new BadRedirect(new URL(first).origin, `more than ${maxRedirects} times`)
}

async function refusal(door: Door, answer: Answer): Promise<Error> {
  const code = String(answer.headers['x-error-code'] ?? '')
  const message = String(answer.headers['x-error-message'] ?? `status ${answer.statusCode}`)
  await answer.body.dump().catch(() => {})
  const what = `${door.type}:${door.name}@${door.revision}`
  if (code === 'GatedRepo' || answer.statusCode === 403) return new SourceRefused(door.endpoint, what, message)
  if (answer.statusCode === 401 && code !== 'RepoNotFound' && door.token !== undefined) {
    return new SourceRefused(door.endpoint, what, message)
  }
  if (answer.statusCode === 401 || answer.statusCode === 404) return new SourceNotFound(door.endpoint, what)
  return new BadListing(door.endpoint, `it answers ${message}`)
}

function endpointOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.search !== '') {
    throw new BadInput(`"${text.slice(0, 200)}" is not the address of a hub.`, {
      code: 'bad_source',
      hint: 'Write it like --from https://hub.example.',
    })
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

const tokenHint =
  'Check name, type and revision; what is private or gated needs --source-token of somebody who may read it.'

/** The source has no such repository or revision, or does not say that it has. */
export class SourceNotFound extends NotFound {
  constructor(endpoint: string, what: string) {
    super(`${endpoint} knows no ${what}.`, { code: 'source_not_found', hint: tokenHint })
  }
}

/** The source knows the repository and does not give it. */
export class SourceRefused extends NotPermitted {
  constructor(endpoint: string, what: string, message: string) {
    super(`${endpoint} does not give ${what}: ${message.slice(0, 300)}.`, { code: 'source_refused', hint: tokenHint })
  }
}

/** The source fails, limits or does not answer, however often it is asked. */
export class SourceBusy extends Unavailable {
  constructor(endpoint: string, reason: string, cause: unknown) {
    super(`${endpoint} does not answer (${reason}).`, {
      code: 'source_unavailable',
      hint: 'Run the same command again later: what arrived is kept.',
      cause,
    })
  }
}

/** What the source lists cannot be a repository. */
export class BadListing extends VerificationFailed {
  constructor(endpoint: string, why: string) {
    super(`${endpoint} does not answer as a hub: ${why}.`, { code: 'bad_source_listing', hint: 'Check --from.' })
  }
}

/** The source sends us somewhere we do not go. */
export class BadRedirect extends VerificationFailed {
  constructor(from: string, location: string) {
    super(`${from} redirects to "${location.slice(0, 200)}", which is not followed.`, {
      code: 'bad_redirect',
      hint: 'Check --from.',
    })
  }
}
