import 'server-only'
import { endpoint } from '@/lib/env.ts'
import { counted } from '@/lib/format.ts'
import { modelsOf } from './model.ts'

/** One part of the network as it answered. */
export type Probe = { part: string; what: string; ok: boolean; ms: number; fact: string }

/** All parts at one time, unix ms. */
export type Round = { at: number; probes: Probe[] }

const keptRounds = 60
/** However many look, the network is asked once in this time. */
const freshMs = 3000
const patienceMs = 5000

const rounds: Round[] = []
let running: Promise<Round> | undefined

/** Asks every part now, unless that was done a moment ago, and gives the rounds since this server started, newest first. */
export async function probeAll(now: () => number = Date.now): Promise<Round[]> {
  const [newest] = rounds
  if (!newest || now() - newest.at > freshMs) {
    running ??= probeOnce(now).finally(() => {
      running = undefined
    })
    await running
  }
  return [...rounds]
}

async function probeOnce(now: () => number): Promise<Round> {
  const at = now()
  const chain = askChain()
  const probes = await Promise.all([
    measure('Hub', 'names its network', async () => `chain ${(await network()).chainId}`),
    measure('Gateway', 'lists what is served', async () => {
      const { models, providers } = await served()
      return `${counted(models, 'model')} by ${counted(providers, 'provider')}`
    }),
    measure('Chain', 'has a newest block', async () => {
      const head = await chain
      return `block ${head.number}, ${Math.max(0, Math.round(at / 1000 - head.timestamp))} s old`
    }),
    measure('Indexer', 'follows the chain', async () => lagOf(await indexed(), (await chain).number)),
    measure('Providers', 'have offers that hold', async () => {
      const { providers } = await served()
      if (providers === 0) throw new Error('no provider has an offer right now')
      return `${providers} with offers`
    }),
  ])
  const round = { at, probes }
  rounds.unshift(round)
  rounds.length = Math.min(rounds.length, keptRounds)
  return round
}

async function measure(part: string, what: string, work: () => Promise<string>): Promise<Probe> {
  const startedAt = performance.now()
  const done = (ok: boolean, fact: string) => ({ part, what, ok, ms: Math.round(performance.now() - startedAt), fact })
  try {
    return done(true, await work())
  } catch (error) {
    return done(false, error instanceof Error ? error.message : 'does not answer')
  }
}

async function ask<T>(url: string, body?: unknown): Promise<T> {
  const answer = await fetch(url, {
    cache: 'no-store',
    signal: AbortSignal.timeout(patienceMs),
    ...(body === undefined
      ? {}
      : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })
  if (!answer.ok) throw new Error(`answered ${answer.status}`)
  return (await answer.json()) as T
}

const network = () => ask<{ chainId: number; rpcUrl: string }>(`${endpoint()}/api/dehug/network`)

async function served(): Promise<{ models: number; providers: number }> {
  const models = modelsOf(await ask<Parameters<typeof modelsOf>[0]>(`${endpoint()}/v1/models`))
  const providers = new Set(models.flatMap(({ offers }) => offers.map(({ provider }) => provider)))
  return { models: models.length, providers: providers.size }
}

async function askChain(): Promise<{ number: number; timestamp: number }> {
  const { rpcUrl } = await network()
  const body = { jsonrpc: '2.0', id: 1, method: 'eth_getBlockByNumber', params: ['latest', false] }
  const { result } = await ask<{ result?: { number: string; timestamp: string } }>(rpcUrl, body)
  if (!result) throw new Error('the node gave no block')
  return { number: Number(result.number), timestamp: Number(result.timestamp) }
}

async function indexed(): Promise<number> {
  const { data } = await ask<{ data?: { _meta?: { status?: Record<string, { block: { number: number } }> } } }>(
    `${endpoint()}/graphql`,
    { query: '{ _meta { status } }' },
  )
  const [chain] = Object.values(data?._meta?.status ?? {})
  if (!chain) throw new Error('the indexer gave no block')
  return chain.block.number
}

const mostLagBlocks = 50

const lagOf = (at: number, head: number): string => {
  const lag = Math.max(0, head - at)
  if (lag > mostLagBlocks) throw new Error(`${lag} blocks behind`)
  return lag === 0 ? 'no block behind' : `${counted(lag, 'block')} behind`
}
