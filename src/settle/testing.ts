import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startPostgres } from '../catalog/index.ts'
import { Domain, type Hex, Job, Offer, Price, Voucher } from '../core/index.ts'
import * as Ledger from './Ledger.ts'
import type { ChannelFacts, NewJob } from './LedgerJob.ts'
import * as NativeSigner from './NativeSigner.ts'

/** A fresh Postgres for one test file. */
export async function testDatabase() {
  const dir = await mkdtemp(join(tmpdir(), 'dehug-settle-'))
  const server = await startPostgres({ dir, port: 0 })
  const pool = new pg.Pool({ connectionString: server.url, max: 12 })
  pool.on('error', () => undefined)
  return {
    url: server.url,
    pool,
    stop: async () => {
      await pool.end()
      await server.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

export const hex32 = (n: number | bigint): Hex => `0x${n.toString(16).padStart(64, '0')}`

export const provider = NativeSigner.from(hex32(0xa1))
export const sessionKey = NativeSigner.from(hex32(0xb1))
export const payer: Hex = '0x00000000000000000000000000000000000000aa'
export const domainSeparator = Domain.separator(Domain.usage(31337, '0x00000000000000000000000000000000000000cc'))

export const openBook = (pool: pg.Pool, options: Partial<Ledger.LedgerOptions> = {}) =>
  Ledger.open({
    pool,
    signer: provider,
    recover: NativeSigner.recover,
    domainSeparator,
    now: Date.now,
    retainAnswersMs: 60_000,
    ...options,
  })

export const channelFacts = (channelId: Hex, facts: Partial<ChannelFacts> = {}): ChannelFacts => ({
  channelId,
  session: hex32(1),
  payer,
  key: sessionKey.address,
  modelId: 7n,
  lane: 0,
  state: 'open',
  closeAt: null,
  locked: 1_000_000n,
  claimed: 0n,
  seq: 0n,
  ...facts,
})

export const offer: Offer.Offer = {
  provider: provider.address,
  modelId: 7n,
  versionRoot: hex32(9),
  priceIn: 1_000_000n,
  priceOut: 2_000_000n,
  priceMs: 0n,
  priceCall: 0n,
  maxIn: 1000n,
  maxOut: 1000n,
  maxMs: 60_000n,
  validUntil: 4_000_000_000n,
  jobSecs: 60,
}

export const maxUnits = { in: 10n, out: 45n, ms: 0n }
/** 10·1 + 45·2 */
export const maxFee = Price.fee(offer, maxUnits)

/** A job with its voucher, as a gateway sends it. */
export function newJob(
  channelId: Hex,
  n: bigint,
  ceiling: bigint,
  options: { key?: string; request?: object; fee?: bigint } = {},
): NewJob {
  const jobId = Job.id(payer, options.key ?? `job ${channelId} ${n}`)
  const salt = hex32(n + 1000n)
  const offerHash = Offer.structHash(offer)
  const requestHash = Job.requestHash(salt, options.request ?? { ask: String(n) })
  const voucher = { channelId, n, ceiling, context: Job.context(jobId, offerHash, requestHash) }
  return {
    channelId,
    jobId,
    offerHash,
    requestHash,
    salt,
    versionRoot: offer.versionRoot,
    maxFeeMicroUsdc: options.fee ?? maxFee,
    voucher,
    voucherSignature: sessionKey.sign(Voucher.digest(domainSeparator, voucher)),
    startedAt: 1_800_000_000_000,
  }
}

export const ending = (feeMicroUsdc: bigint, text = 'four') => ({
  status: 0,
  feeMicroUsdc,
  units: { in: 10n, out: 5n, ms: 3n },
  engine: hex32(5),
  answer: { kind: 'text', text, finishReason: 'stop' } as const,
  finishedAt: 1_800_000_001_000,
})
