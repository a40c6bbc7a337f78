import { Blob, Objects, type Repo } from '../../catalog/index.ts'
import { DehugError } from '../../core/index.ts'
import type { HubContext } from '../context.ts'
import { visible } from './advertise.ts'
import { BadFetch, type FetchRequest } from './FetchRequest.ts'
import { tagTarget } from './ObjectRules.ts'
import * as PackWriter from './PackWriter.ts'
import { delimiter, flush, line, maxPayload } from './PktLine.ts'
import * as SideBand from './SideBand.ts'
import { isEnough, select, type Wanted } from './select-objects.ts'
import { type Edge, edgeOf } from './shallow.ts'

/** One fetch while it is answered. */
type Fetch = {
  context: HubContext
  repo: Repo.Repo
  request: FetchRequest
  graph: Objects.Graph
  refs: Objects.NamedRef[]
  wanted: Wanted
  /** What client and hub both have, in the order the client named it. */
  common: string[]
  edge: Edge
  report(error: unknown): void
}

/** The answer of upload-pack to a fetch. What cannot be answered is told to git in its own words. */
export async function* answerFetch(
  context: HubContext,
  repo: Repo.Repo,
  request: FetchRequest,
  { version, report }: { version: 0 | 2; report(error: unknown): void },
): AsyncGenerator<Uint8Array> {
  let fetch: Fetch
  try {
    fetch = { context, repo, request, ...(await prepare(context, repo, request)), report }
  } catch (error) {
    if (!(error instanceof DehugError)) report(error)
    yield line(`ERR ${error instanceof DehugError ? error.message : 'The hub failed; try again later.'}`)
    return
  }
  yield* version === 2 ? answerV2(fetch) : answerV0(fetch)
}

const prepare = async (context: HubContext, repo: Repo.Repo, request: FetchRequest) => {
  const { db } = context.catalog
  const [graph, all] = [await Objects.graph(db, repo.id), await Objects.namedRefs(db, repo.id)]
  const refs = visible(all)
  const wanted = await resolve(context, repo, [...new Set(request.wants)])
  const not = request.deepen?.not ?? []
  const excluded = not.map((name) => {
    const ref = refs.find((one) => [name, `refs/heads/${name}`, `refs/tags/${name}`].includes(one.name))
    if (!ref) throw new BadFetch(`there is no name "${name.slice(0, 80)}"`)
    return ref.peeled ?? ref.oid
  })
  const edge = edgeOf(graph, { wants: wanted.commits, shallow: request.shallow, deepen: request.deepen, excluded })
  const common = [...new Set(request.haves)].filter((oid) => graph.has(oid))
  return { graph, refs, wanted, edge, common }
}

/** What the wanted ids are; a tag stands for its commit too. */
const resolve = async ({ catalog }: HubContext, repo: Repo.Repo, wants: string[]): Promise<Wanted> => {
  const kinds = await Objects.kinds(catalog.db, repo.id, wants)
  const rest = wants.filter((oid) => !kinds.has(oid))
  const blobs = rest.length === 0 ? new Map() : await Blob.byOid(catalog.db, repo.id, rest)
  const wanted: Wanted = { commits: [], tags: [], trees: [], blobs: [] }
  for (const oid of wants) {
    const kind = kinds.get(oid)
    if (kind) wanted[`${kind}s`].push(oid)
    else if (blobs.has(oid)) wanted.blobs.push(oid)
    else throw new BadFetch(`not our ref ${oid}`)
  }
  const tags = await Objects.read(catalog.db, repo.id, wanted.tags)
  for (const [oid, { bytes }] of tags) wanted.commits.push(tagTarget(oid, bytes))
  return wanted
}

async function* answerV0(fetch: Fetch): AsyncGenerator<Uint8Array> {
  const { request, common, graph, wanted } = fetch
  if (request.deepen) {
    yield* edgeLines(fetch)
    yield flush
  }
  if (request.wantsOnly) return
  const last = common.at(-1)
  const detailed = request.options.has('multi_ack_detailed')
  if (detailed) for (const oid of common) yield line(`ACK ${oid} common\n`)
  else if (common[0] !== undefined) yield line(`ACK ${common[0]}\n`)
  if (request.done) {
    if (last === undefined) yield line('NAK\n')
    else if (detailed) yield line(`ACK ${last}\n`)
  } else {
    const ready = detailed && isEnough(graph, wanted, new Set(common))
    if (ready) yield line(`ACK ${last} ready\n`)
    if (detailed || last === undefined) yield line('NAK\n')
    if (!ready || !request.options.has('no-done')) return
    yield line(`ACK ${last}\n`)
  }
  const width = request.options.has('side-band-64k') ? maxPayload - 1 : request.options.has('side-band') ? 995 : 0
  yield* packFor(fetch, width)
  if (width > 0) yield flush
}

async function* answerV2(fetch: Fetch): AsyncGenerator<Uint8Array> {
  const { request, common, graph, wanted } = fetch
  if (request.wants.length === 0) return
  if (!request.done && request.haves.length > 0) {
    yield line('acknowledgments\n')
    if (common.length === 0) yield line('NAK\n')
    for (const oid of common) yield line(`ACK ${oid}\n`)
    if (!isEnough(graph, wanted, new Set(common))) {
      yield flush
      return
    }
    yield line('ready\n')
    yield delimiter
  }
  if (request.deepen) {
    yield line('shallow-info\n')
    yield* edgeLines(fetch)
    yield delimiter
  }
  yield line('packfile\n')
  yield* packFor(fetch, maxPayload - 1)
  yield flush
}

function* edgeLines({ edge }: Fetch): Generator<Uint8Array> {
  for (const oid of edge.shallow) yield line(`shallow ${oid}`)
  for (const oid of edge.unshallow) yield line(`unshallow ${oid}`)
}

/** The pack, in packets of `width` bytes with words about the progress, or bare where `width` is 0. */
async function* packFor(fetch: Fetch, width: number): AsyncGenerator<Uint8Array> {
  const { context, repo, request, graph, wanted, common, edge, refs, report } = fetch
  try {
    const given = { wanted, common: new Set(common), edge, request, refs }
    const selection = await select(context.catalog.db, repo, graph, given)
    const count = Object.values(selection).reduce((sum, oids) => sum + oids.length, 0)
    if (width > 0 && !request.options.has('no-progress')) yield SideBand.progress(`Sending ${count} objects.\n`)
    for await (const piece of coalesced(PackWriter.write(context, repo, selection), width || maxPayload)) {
      if (width > 0) yield SideBand.data(piece)
      else yield piece
    }
  } catch (error) {
    report(error)
    // Without side bands the pack ends early, which git notices by its checksum.
    if (width > 0) yield SideBand.failure('The hub failed while it sent the pack; try again later.\n')
  }
}

/** The same bytes in pieces of exactly `size`, but for the last. */
async function* coalesced(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = []
  let length = 0
  for await (let piece of source) {
    while (length + piece.length >= size) {
      const cut = size - length
      yield Buffer.concat([...held, piece.subarray(0, cut)])
      piece = piece.subarray(cut)
      held = []
      length = 0
    }
    held.push(piece)
    length += piece.length
  }
  if (length > 0) yield Buffer.concat(held)
}
