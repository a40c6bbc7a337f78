import { Account, Blob, Commit, GitObject, Objects, type Repo, type Token } from '../../catalog/index.ts'
import { DehugError } from '../../core/index.ts'
import type { HubContext } from '../context.ts'
import { largeFile } from '../inline-file.ts'
import { hooks, landed } from '../landing.ts'
import { mapParallel } from '../map-parallel.ts'
import { reachable } from './Ancestry.ts'
import { BadObject } from './errors.ts'
import { type Content, IncomingPack, type PackLimits } from './IncomingPack.ts'
import { contents } from './PackWriter.ts'
import { PushCheck, type Reached } from './PushCheck.ts'
import type { Command, PushRequest } from './PushRequest.ts'

/** One push while it is taken. `assertMayMove` throws for names that this person may not move. */
type Push = {
  context: HubContext
  repo: Repo.Repo
  holder: Token.Holder
  request: PushRequest
  assertMayMove(ref: string): Promise<unknown>
}

/** What became of a push: why nothing could be unpacked, and why which name did not move. */
export type Outcome = { unpack: string | undefined; refused: Map<string, string> }

const filesAtOnce = 8

/** Sizes that a push may have on this hub. */
const packLimits = ({ limits }: HubContext): PackLimits => ({
  packBytes: limits.commitBytes,
  objectBytes: limits.inlineBytes,
  expandedBytes: 4 * limits.commitBytes,
  objects: 300_000,
})

/** Takes a pack and moves the names it is for. Only faults of the hub itself are thrown. */
export const receive = async (push: Push, body: AsyncIterable<Uint8Array>): Promise<Outcome> => {
  const outcome: Outcome = { unpack: undefined, refused: new Map() }
  const commands = await permitted(push, outcome)
  if (commands.every(({ to }) => to === '')) {
    // The rest of the body is of no use, but git does not read the answer before it has sent it.
    for await (const _ of body);
    await land(
      push,
      outcome,
      commands.map((command) => ({ command, reached: undefined })),
      undefined,
    )
    return outcome
  }
  let pack: IncomingPack
  try {
    pack = await IncomingPack.receive(body, { ...packSource(push), limits: packLimits(push.context) })
  } catch (error) {
    outcome.unpack = reasonOf(error)
    return outcome
  }
  try {
    await land(push, outcome, await followAll(push, commands, pack, outcome), pack)
  } finally {
    await pack[Symbol.asyncDispose]()
  }
  return outcome
}

/** The commands for names that this person may move; the others are noted in the outcome. */
const permitted = async ({ request, assertMayMove }: Push, outcome: Outcome): Promise<Command[]> => {
  const commands: Command[] = []
  for (const command of request.commands) {
    try {
      await assertMayMove(command.ref)
      commands.push(command)
    } catch (error) {
      outcome.refused.set(command.ref, reasonOf(error))
    }
  }
  return commands
}

const packSource = ({ context, repo }: Push) => ({
  dir: context.store.partialDir,
  outside: async (oid: string): Promise<Content | undefined> => {
    const { db } = context.catalog
    const object = (await Objects.read(db, repo.id, [oid])).get(oid)
    if (object) return object
    const blob = (await Blob.byOid(db, repo.id, [oid])).get(oid)
    if (!blob || (!blob.lfs && blob.size > context.limits.inlineBytes)) return undefined
    return { kind: 'blob', bytes: await contents(context, blob) }
  },
})

/** Words for the person who pushed. Faults are thrown on. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof DehugError) || error.status === 500) throw error
  return [error.message, error.hint]
    .filter((part) => part !== undefined)
    .join(' ')
    .replace(/\s+/g, ' ')
}

type Followed = { command: Command; reached: Reached | undefined }

/** What each name reaches; those that may not move are noted in the outcome. */
const followAll = async (
  push: Push,
  commands: readonly Command[],
  pack: IncomingPack,
  outcome: Outcome,
): Promise<Followed[]> => {
  const check = new PushCheck(push.context.catalog.db, push.repo, pack)
  const followed: Followed[] = []
  for (const command of commands) {
    try {
      const reached = command.to === '' ? undefined : await check.follow(command.ref, command.to)
      if (reached) await assertNothingLost(push, pack, command, reached)
      followed.push({ command, reached })
    } catch (error) {
      outcome.refused.set(command.ref, reasonOf(error))
    }
  }
  return followed
}

/** Only owners take commits out of a branch. Throws {@link BadObject}. */
const assertNothingLost = async (
  { context, repo, holder }: Push,
  pack: IncomingPack,
  { ref, from }: Command,
  { commit, objects, known }: Reached,
): Promise<void> => {
  if (from === '' || !ref.startsWith('refs/heads/') || from === commit || known.has(from) || objects.has(from)) return
  const { db } = context.catalog
  const graph = await Objects.graph(db, repo.id)
  if (reachable(graph, pack.kindOf(commit) ? known : [commit]).has(from)) return
  const role = await Account.roleIn(db, repo.ownerId, holder.user.id)
  if (role === 'owner' || role === 'admin') return
  throw new BadObject('non-fast-forward', 'only owners may take commits out of a branch; fetch and merge first')
}

/** Stores new files, and lets the names move in one transaction. */
const land = async (
  push: Push,
  outcome: Outcome,
  followed: readonly Followed[],
  pack: IncomingPack | undefined,
): Promise<void> => {
  const { context, repo, holder, request } = push
  const atomic = request.able.has('atomic')
  const blobs = new Map<string, Blob.Blob>()
  const landing = atomic && outcome.refused.size > 0 ? [] : await storeAll(push, outcome, followed, pack, blobs)
  if (landing.length === 0 || (atomic && outcome.refused.size > 0)) return refuseRest(request, outcome)
  try {
    const { refused } = await Commit.land(context.catalog.db, repo, {
      objects: objectsOf(pack, landing),
      blobs: [...blobs.values()],
      moves: landing.map(moveOf),
      foreign: true,
      each: !atomic && landing.length > 1,
      actorId: holder.user.id,
      now: context.clock(),
      ...hooks(context),
    })
    for (const { ref, reason } of refused) outcome.refused.set(ref, reasonOf(reason))
    await landed(context, repo)
  } catch (error) {
    const reason = reasonOf(error)
    for (const { command } of landing) outcome.refused.set(command.ref, reason)
  }
}

const moveOf = ({ command: { ref, from, to }, reached }: Followed): Commit.Move => ({
  ref,
  from,
  to: reached?.commit ?? to,
  tagOid: reached?.tagOid,
})

/** Stores the files of each name; returns the names whose files are all here. */
const storeAll = async (
  push: Push,
  outcome: Outcome,
  followed: readonly Followed[],
  pack: IncomingPack | undefined,
  blobs: Map<string, Blob.Blob>,
): Promise<Followed[]> => {
  const landing: Followed[] = []
  for (const one of followed) {
    try {
      const files = one.reached && pack ? await storeFiles(push, pack, one.reached, blobs) : []
      for (const [oid, blob] of files) blobs.set(oid, blob)
      landing.push(one)
    } catch (error) {
      outcome.refused.set(one.command.ref, reasonOf(error))
    }
  }
  return landing
}

/** With `--atomic` all move or none. */
const refuseRest = ({ commands }: PushRequest, outcome: Outcome): void => {
  for (const { ref } of commands) if (!outcome.refused.has(ref)) outcome.refused.set(ref, 'atomic push failed')
}

/** Puts the new files of a name into the store and pins them; the bytes of large ones are there already. */
const storeFiles = async (
  { context, repo, holder }: Push,
  pack: IncomingPack,
  { blobs }: Reached,
  done: ReadonlyMap<string, Blob.Blob>,
): Promise<[string, Blob.Blob][]> => {
  const known = await Blob.byOid(context.catalog.db, repo.id, [...blobs.keys()])
  const fresh = [...blobs].filter(([oid]) => !known.has(oid) && !done.has(oid))
  return mapParallel(fresh, filesAtOnce, async ([oid, path]) => {
    const { bytes } = await pack.read(oid)
    const pointer = GitObject.parseLfsPointer(bytes)
    const blob = pointer
      ? await largeFile(context, holder, path, pointer.sha256, pointer.size)
      : { ...(await context.store.put(bytes, { expect: { size: bytes.length } })), oid, lfs: false }
    await context.store.pin(blob.cid, `repo:${repo.id}`)
    return [oid, blob] as [string, Blob.Blob]
  })
}

async function* objectsOf(pack: IncomingPack | undefined, landing: Followed[]): AsyncGenerator<Commit.GitRow> {
  const sent = new Set<string>()
  for (const { reached } of landing) {
    for (const oid of reached?.objects ?? []) {
      if (sent.has(oid)) continue
      sent.add(oid)
      const { kind, bytes } = await (pack as IncomingPack).read(oid)
      if (kind !== 'blob') yield { oid, kind, bytes }
    }
  }
}
