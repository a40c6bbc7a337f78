import 'server-only'
import { bytes, counted, usd } from './format.ts'
import { HubError } from './HubError.ts'
import { attempt, get, graphql } from './hub.ts'
import type { Economics, RepoInfo, RepoType, VersionRow } from './types.ts'

export type Schema = 'version' | 'evaluation' | 'pulls' | 'usage'

/**
 * `reported`: said, and signed by nobody. `superseded`: still true, and something newer says more. `contested`: its data
 * did not give the posted root.
 */
export type State = 'valid' | 'reported' | 'superseded' | 'withdrawn' | 'contested' | 'waiting'

/** One thing that somebody stands for with a signature or on chain. */
export type Attestation = {
  id: string
  schema: Schema
  says: string
  /** Address of who stands for it; null where many do, each for their part. */
  attester: string | null
  as: string
  at: string
  state: State
  note?: string
  /** The version whose signature and root prove it. */
  root?: string
  /** Where the data lies that anyone can compute it from. */
  data?: string
  tx?: string | null
}

type Gathered = { attestations: Attestation[]; failed: boolean }

const days = 30
const dayMs = 86_400_000

/** All that is attested about a repository, newest first, and whether a part of it could not be asked for. */
export const attestationsOf = async (type: RepoType, info: RepoInfo): Promise<Gathered> => {
  const signed = attempt(versions(type, info))
  const results = async () => {
    const known = await signed
    return evaluations(info, known instanceof HubError ? [] : known)
  }
  const parts = await Promise.all([
    signed,
    attempt(pulls(type, info)),
    ...(type === 'model' ? [attempt(results()), attempt(usage(info))] : []),
  ])
  const attestations = parts.flatMap((part) => (part instanceof HubError ? [] : part))
  return {
    attestations: attestations.sort((a, b) => b.at.localeCompare(a.at)),
    failed: parts.some((part) => part instanceof HubError),
  }
}

const versions = async (type: RepoType, { id }: RepoInfo): Promise<Attestation[]> => {
  const path = `/api/dehug/${type}s/${id}/versions?limit=100`
  const found = await get<{ versions: VersionRow[] }>(path, { as: 'visitor' })
  return found.versions.map((version) => ({
    id: `version ${version.root}`,
    schema: 'version',
    says: `${version.index === null ? 'A version' : `Version ${version.index}`} of ${counted(version.fileCount, 'file')}${version.sizeBytes === null ? '' : `, ${bytes(version.sizeBytes)}`}`,
    attester: version.signer,
    as: version.delegated ? 'delegate of the owner' : 'owner',
    at: version.at,
    ...standing(version),
    root: version.root,
    tx: version.tx,
  }))
}

const standing = ({ deprecated, anchored, head }: VersionRow): Pick<Attestation, 'state' | 'note'> => {
  if (deprecated) {
    const next = deprecated.successor ? ` Its successor is ${deprecated.successor.slice(0, 10)}….` : ''
    return { state: 'withdrawn', note: `${deprecated.reason || 'No reason is given.'}${next}` }
  }
  if (!anchored) return { state: 'waiting', note: 'Signed, and not on chain yet.' }
  return { state: head ? 'valid' : 'superseded' }
}

type Result = {
  task: string
  dataset: string
  metric: string
  value: number
  source: 'card' | 'manifest'
  verified: boolean
  root: string | null
  runner: string | null
}

/** Results that a signed manifest states, and those that only the card does, for which nobody signed. */
const evaluations = async ({ id, lastModified }: RepoInfo, signed: Attestation[]): Promise<Attestation[]> => {
  const found = await get<{ results: Result[] }>(`/api/dehug/models/${id}/evaluations`, { as: 'visitor' })
  return found.results.map(({ task, dataset, metric, value, source, verified, root, runner }, i) => ({
    id: `evaluation ${i}`,
    schema: 'evaluation',
    says: `${metric} ${value} on ${dataset}${task ? ` (${task})` : ''}`,
    attester: runner,
    as: source === 'manifest' ? 'signer of the version' : 'the model card',
    at: signed.find((version) => version.root === root)?.at ?? lastModified,
    ...(source === 'card'
      ? { state: 'reported', note: 'Nobody signed it.' }
      : {
          state: 'valid',
          note: verified ? 'On a file of data that is here.' : 'It names no file of data that is here.',
        }),
    ...(root ? { root } : {}),
  }))
}

type Posts = { oraclePosts: { items: { epoch: string; struck: boolean; txHash: string }[] } }

/** Pull receipts by day, which this hub signs and posts to the EngagementOracle the day after. */
const pulls = async (type: RepoType, { id }: RepoInfo): Promise<Attestation[]> => {
  const since = Math.floor(Date.now() / dayMs) - days
  const [{ days: rows }, { pullSigner }, posted] = await Promise.all([
    get<{ days: { day: number; pulls: number }[] }>(`/api/dehug/pulls/${type}/${id}`, { as: 'visitor' }),
    get<{ pullSigner: string }>('/api/dehug/signals'),
    attempt(
      graphql<Posts>(
        'query ($since: BigInt!) { oraclePosts(where: { epoch_gte: $since }, limit: 200) { items { epoch struck txHash } } }',
        { since: String(since) },
      ),
    ),
  ])
  const posts = posted instanceof HubError ? [] : posted.oraclePosts.items
  const perDay = new Map<number, number>()
  for (const { day, pulls } of rows) if (day >= since) perDay.set(day, (perDay.get(day) ?? 0) + pulls)
  return [...perDay].map(([day, count]) => {
    const ofDay = posts.filter(({ epoch }) => Number(epoch) === day)
    const post = ofDay.find(({ struck }) => !struck) ?? ofDay[0]
    return {
      id: `pulls ${day}`,
      schema: 'pulls',
      says: `${counted(count, 'signed pull receipt')} on ${new Date(day * dayMs).toISOString().slice(0, 10)}`,
      attester: pullSigner,
      as: 'hub that signs the receipts',
      at: new Date(day * dayMs).toISOString(),
      state: post ? (post.struck ? 'contested' : 'valid') : 'waiting',
      ...(post ? {} : { note: 'Its day is not posted on chain yet.' }),
      data: `/api/dehug/signals/${day}`,
      tx: post?.txHash ?? null,
    }
  })
}

/** Usage receipts by day, as providers settled them on chain. */
const usage = async ({ id }: RepoInfo): Promise<Attestation[]> => {
  const path = `/api/dehug/models/${id}/economics?days=${days}`
  const { perDay } = await get<Economics>(path, { as: 'visitor' })
  return perDay.map(({ day, jobs, claimed }) => ({
    id: `usage ${day}`,
    schema: 'usage',
    says: `${counted(Number(jobs), 'paid answer')} settled for ${usd(claimed)} on ${day}`,
    attester: null,
    as: 'its providers and payers',
    at: `${day}T00:00:00.000Z`,
    state: 'valid',
    data: `/receipts?model=${encodeURIComponent(`model:${id}`)}`,
  }))
}
