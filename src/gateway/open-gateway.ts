import { randomBytes } from 'node:crypto'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import type { Chain, Relayer } from '../chain/index.ts'
import type { Recover } from '../core/index.ts'
import { NativeSigner } from '../settle/index.ts'
import * as Bans from './Bans.ts'
import * as Channels from './Channels.ts'
import { chainTreasury } from './chain-treasury.ts'
import type { GatewayConfig } from './config.ts'
import type { Gateway } from './Gateway.ts'
import * as Health from './Health.ts'
import * as JobStore from './JobStore.ts'
import * as Journal from './Journal.ts'
import * as Lane from './Lane.ts'
import { migrate } from './migrate.ts'
import * as ProviderClient from './ProviderClient.ts'
import * as Providers from './Providers.ts'
import * as Serving from './Serving.ts'
import * as Sessions from './Sessions.ts'

export type GatewayParts = {
  config: GatewayConfig
  chain: Chain.Chain
  relayer: Pick<Relayer.Relayer, 'send'>
  /** Unix ms. */
  now?: () => number
  random?: (bytes: number) => Uint8Array
  onError?: (error: unknown, about?: string) => void
}

const poolSize = 6
const sweepMs = 600_000

/** Random bytes, asked of the system for many at once. */
function pooledRandom(): (bytes: number) => Uint8Array {
  let pool = new Uint8Array()
  return (bytes) => {
    if (pool.length < bytes) pool = new Uint8Array(randomBytes(Math.max(8192, bytes)))
    const taken = pool.slice(0, bytes)
    pool = pool.subarray(bytes)
    return taken
  }
}

/**
 * Builds everything a gateway needs: brings the schema `gateway` up to date, takes a lane, and starts asking providers for
 * offers. Disposing of it ends what it started, not `chain` and `relayer`.
 */
export async function openGateway(parts: GatewayParts): Promise<Gateway> {
  const { config, chain, relayer, now = Date.now, random = pooledRandom(), onError = () => {} } = parts
  const pool = new pg.Pool({ connectionString: config.databaseUrl, max: poolSize, application_name: 'dehug-gateway' })
  pool.on('error', (error) => onError(error, 'postgres'))
  await migrate(pool)
  const database = drizzle(pool)
  const treasury = chainTreasury(chain, relayer)
  const recover: Recover = NativeSigner.recover
  const bans = await Bans.load(database)
  const client = ProviderClient.open({ connections: config.connectionsPerProvider })
  const serving = Serving.open(database, now)
  const health = Health.start({ pool, now, flushMs: config.healthFlushMs, onError })
  const providers = Providers.start({
    ...{ urls: config.providers, client, treasury, bans, recover, now },
    ...{ refreshMs: config.refreshMs, onError },
    onChecked: health.checked,
    onRefreshed: (offers) => void serving.record(offers).catch(onError),
  })
  const sessions = Sessions.open({ database, treasury, now })
  const moved: { channels?: Channels.Channels } = {}
  const lane = await Lane.take({
    ...{ databaseUrl: config.databaseUrl, patienceMs: config.lanePatienceMs, onError },
    onMoved: () => moved.channels?.clear(),
  })
  const channels = Channels.open({
    ...{ database, treasury, sessions, providers, client, bans, lane, recover, random, now, onError },
    ...{ defaultLock: config.lockMicroUsdc, maxCreatorBps: config.maxCreatorBps },
    closing: {
      sweepMs: config.closeSweepMs,
      minimum: config.closeMinimumMicroUsdc,
      idleSeconds: config.sessionIdleSeconds,
      confirmSeconds: config.closeConfirmSeconds,
    },
  })
  moved.channels = channels
  const journal = Journal.start(pool)
  const sweep = setInterval(() => {
    JobStore.dropAnswers(database, now() - config.answerRetentionMs).catch(onError)
  }, sweepMs)
  sweep.unref()
  void providers.refresh().catch(onError)
  return {
    ...{ database, pool, treasury, sessions, providers, channels, client, journal, health, bans, lane },
    ...{ recover, random, now },
    ...{ publicUrl: config.publicUrl?.replace(/\/$/, ''), recoverMs: config.recoverMs, onError },
    running: new Map(),
    collecting: new Set(),
    [Symbol.asyncDispose]: async () => {
      clearInterval(sweep)
      await channels[Symbol.asyncDispose]()
      providers[Symbol.dispose]()
      await client[Symbol.asyncDispose]()
      await journal[Symbol.asyncDispose]()
      await health[Symbol.asyncDispose]()
      await lane[Symbol.asyncDispose]()
      await pool.end()
    },
  }
}
