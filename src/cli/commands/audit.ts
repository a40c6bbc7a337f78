import { BadInput } from '../../core/index.ts'
import { Ledger } from '../../sdk/index.ts'
import { type AuditResult, assertClean, audit as recompute } from '../../settle/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import * as Format from '../Format.ts'
import { type Io, note, print } from '../Io.ts'

export type AuditOptions = ConnectOptions & {
  since?: string | undefined
  toBlock?: number | undefined
  out?: string | undefined
  source?: string[] | undefined
}

/** Recomputes everybody's money from the chain's events and the receipt batches alone. Exit code 3 on one unit of difference. */
export async function audit(options: AuditOptions, io: Io): Promise<AuditResult> {
  const { connection } = await connect(options, io)
  const [{ chain }, { ipfs }] = await Promise.all([Ledger.open(connection), connection.network()])
  const sources = [...(options.source ?? []), ...ipfs.map((url) => url.replace(/\/ipfs\/?$/, ''))]
  const since = options.since === undefined ? undefined : unixSeconds(options.since)
  const toBlock = options.toBlock === undefined ? undefined : BigInt(options.toBlock)
  const result = await recompute({ chain, sources, since, toBlock, out: options.out })
  for (const line of describe(result)) print(io, line)
  if (options.out !== undefined) note(io, `Dataset written to ${options.out}`)
  assertClean(result)
  return result
}

/** What the screen shows of an audit. */
export function describe({ totals, fromBlock, toBlock, batches, differences }: AuditResult): string[] {
  const rows = [
    ...totals.providers.map(({ provider, claims, earned }) => [
      'provider',
      provider,
      Format.usdc(earned),
      `${claims} claims`,
    ]),
    ...totals.models.map(({ repo, claimed, creators, holders }) => [
      'model',
      repo,
      Format.usdc(claimed),
      `creators ${Format.usdc(creators)}, holders ${Format.usdc(holders)}`,
    ]),
    ['protocol', '', Format.usdc(totals.protocol)],
  ]
  return [
    Format.table(rows),
    `Blocks ${fromBlock} to ${toBlock}, ${batches} batches, ${Format.usdc(totals.claimed)} claimed in all.`,
    ...(differences.length === 0 ? ['No difference.'] : []),
    ...differences.map((one) => `✗ ${one.kind} of ${one.subject}: ${one.found}, expected ${one.expected}`),
  ]
}

function unixSeconds(text: string): number {
  const time = /^\d+$/.test(text) ? Number(text) : Date.parse(text) / 1000
  if (Number.isFinite(time)) return Math.floor(time)
  throw new BadInput(`"${text}" is no time.`, {
    code: 'bad_time',
    hint: 'Write it like 2026-11-21 or as Unix seconds.',
  })
}
