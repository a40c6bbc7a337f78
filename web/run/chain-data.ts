import 'server-only'
import { graphql } from '@/lib/hub.ts'

/** A claim as the indexer has it; money is µUSDC, `at` unix seconds, all as decimal text. */
export type ClaimRow = {
  id: string
  channelId: string
  provider: string
  modelId: string
  batchRoot: string
  seqFrom: string
  seqTo: string
  delta: string
  providerAmount: string
  modelAmount: string
  feeAmount: string
  at: string
  block: string
  txHash: string
}

/** A claim with the names of what it is about. */
export type Claim = ClaimRow & { repo: string | null; payer: string | null }

export type ClaimFilter = { model?: string | undefined; provider?: string | undefined; payer?: string | undefined }

const fields =
  'id channelId provider modelId batchRoot seqFrom seqTo delta providerAmount modelAmount feeAmount at block txHash'

type Page<T> = { items: T[]; pageInfo?: { hasNextPage: boolean; endCursor: string | null } }

const mostChannels = 500

/** The filter of the query; undefined where nothing can match it. */
async function whereOf({ model, provider, payer }: ClaimFilter): Promise<Record<string, unknown> | undefined> {
  const where: Record<string, unknown> = {}
  if (provider) where.provider = provider.toLowerCase()
  if (model) {
    const repo = model.includes(':') ? model.toLowerCase() : `model:${model.toLowerCase()}`
    const found = await graphql<{ modelName: { modelId: string } | null }>(
      'query ($repo: String!) { modelName(repo: $repo) { modelId } }',
      { repo },
    )
    if (!found.modelName) return undefined
    where.modelId = found.modelName.modelId
  }
  if (payer) {
    const { channels } = await graphql<{ channels: Page<{ id: string }> }>(
      'query ($payer: String!, $limit: Int!) { channels(where: { payer: $payer }, orderBy: "updatedAt", orderDirection: "desc", limit: $limit) { items { id } } }',
      { payer: payer.toLowerCase(), limit: mostChannels },
    )
    if (channels.items.length === 0) return undefined
    where.channelId_in = channels.items.map(({ id }) => id)
  }
  return where
}

/** Claims, newest first. */
export async function claims(
  filter: ClaimFilter & { batchRoot?: string; cursor?: string | undefined; limit?: number },
): Promise<{ claims: Claim[]; next: string | null }> {
  const where = await whereOf(filter)
  if (!where) return { claims: [], next: null }
  if (filter.batchRoot) where.batchRoot = filter.batchRoot
  const { claims: found } = await graphql<{ claims: Page<ClaimRow> }>(
    `query ($where: claimFilter, $after: String, $limit: Int) {
      claims(where: $where, orderBy: "at", orderDirection: "desc", after: $after, limit: $limit) {
        items { ${fields} } pageInfo { hasNextPage endCursor } } }`,
    { where, after: filter.cursor ?? null, limit: filter.limit ?? 30 },
  )
  const next = found.pageInfo?.hasNextPage ? found.pageInfo.endCursor : null
  return { claims: await named(found.items), next }
}

/** One claim by `<transaction>-<log>`. */
export async function claim(id: string): Promise<Claim | undefined> {
  const { claim: row } = await graphql<{ claim: ClaimRow | null }>(
    `query ($id: String!) { claim(id: $id) { ${fields} } }`,
    { id },
  )
  return row ? (await named([row]))[0] : undefined
}

async function named(rows: ClaimRow[]): Promise<Claim[]> {
  if (rows.length === 0) return []
  const ids = (pick: (row: ClaimRow) => string) => [...new Set(rows.map(pick))]
  const { models, channels } = await graphql<{
    models: Page<{ id: string; repo: string }>
    channels: Page<{ id: string; payer: string | null }>
  }>(
    `query ($models: [BigInt!], $channels: [String!], $limit: Int) {
      models(where: { id_in: $models }, limit: $limit) { items { id repo } }
      channels(where: { id_in: $channels }, limit: $limit) { items { id payer } } }`,
    { models: ids((row) => row.modelId), channels: ids((row) => row.channelId), limit: rows.length },
  )
  const repos = new Map(models.items.map(({ id, repo }) => [id, repo]))
  const payers = new Map(channels.items.map(({ id, payer }) => [id, payer]))
  return rows.map((row) => ({
    ...row,
    repo: repos.get(row.modelId) ?? null,
    payer: payers.get(row.channelId) ?? null,
  }))
}

/** Where a batch is said to be. */
export type BatchPlace = { id: string; provider: string; batchCid: string; at: string; txHash: string }

/** Everybody's word about where the batch with this root is; those who claimed with it come first. */
export async function batchPlaces(root: string): Promise<BatchPlace[]> {
  const { batchs, claims } = await graphql<{ batchs: Page<BatchPlace>; claims: Page<{ provider: string }> }>(
    `query ($root: String!) {
      batchs(where: { batchRoot: $root }, limit: 20) { items { id provider batchCid at txHash } }
      claims(where: { batchRoot: $root }, limit: 20) { items { provider } } }`,
    { root },
  )
  const claimed = new Set(claims.items.map(({ provider }) => provider))
  return batchs.items.sort((a, b) => Number(claimed.has(b.provider)) - Number(claimed.has(a.provider)))
}

export type Provider = {
  address: string
  url: string
  stake: string
  unbonding: string
  slashed: string
  claimed: string
  earned: string
  jobs: string
  at: string
}

const providerFields = 'address url stake unbonding slashed claimed earned jobs at'

export type Challenge = {
  id: string
  channelId: string
  payer: string
  compensation: string
  penalty: string
  at: string
  txHash: string
}

/** One provider with the disputes it lost. */
export async function provider(address: string): Promise<{ provider: Provider; challenges: Challenge[] } | undefined> {
  const { provider: found, challenges } = await graphql<{ provider: Provider | null; challenges: Page<Challenge> }>(
    `query ($address: String!) { provider(address: $address) { ${providerFields} }
      challenges(where: { provider: $address }, orderBy: "at", orderDirection: "desc", limit: 20) {
        items { id channelId payer compensation penalty at txHash } } }`,
    { address: address.toLowerCase() },
  )
  return found ? { provider: found, challenges: challenges.items } : undefined
}

/** Jobs behind a claim. */
export const jobsOf = ({ seqFrom, seqTo }: Pick<ClaimRow, 'seqFrom' | 'seqTo'>): bigint =>
  BigInt(seqTo) - BigInt(seqFrom) + 1n
