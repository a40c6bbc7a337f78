import type { Signer } from 'dehug/core'
import { Connection } from 'dehug/sdk/web'
import { network, rpc } from './network.ts'
import { adoptKey } from './pending-key.ts'
import { hubFetch, hubJson } from './session.ts'
import { saved, type Write, type WriteStep } from './WriteStore.ts'

/** Routes that take something signed and have a relayer bring it on chain. */
const relayed = ['/v1/sessions', '/v1/sessions/revoke', '/v1/withdrawals', '/api/dehug/anchor', '/api/dehug/terms']
/** Larger bodies are not kept for a reload. */
const keptBytes = 500_000

/**
 * A connection whose signatures and transactions are seen as steps of `write`: what was signed is kept before it is sent,
 * so that a reload in between loses nothing.
 */
export const connectionFor = (signer: Signer | undefined, write: string, apiKey?: string): Connection.Connection =>
  Connection.from({
    endpoint: location.origin,
    gateway: location.origin,
    fetch: observed(write),
    ...(signer && { signer: signerOf(signer, write) }),
    ...(apiKey && { apiKey }),
    deploymentOf: async () => (await import('./deployment.ts')).deployment(),
  })

const signerOf = (signer: Signer, write: string): Signer => {
  const shown = async <T>(work: () => T | Promise<T>): Promise<T> => {
    saved.change(write, { step: 'sign' })
    return work()
  }
  return {
    address: signer.address,
    sign: (digest) => shown(() => signer.sign(digest)),
    ...(signer.signTyped && { signTyped: (typed) => shown(() => signer.signTyped!(typed)) }),
  }
}

const observed =
  (write: string): typeof fetch =>
  async (input, init) => {
    const path = new URL(String(input), location.href).pathname
    if (init?.method !== 'POST' || !relayed.includes(path)) return hubFetch(input, init)
    const body = String(init.body)
    saved.change(write, { step: 'submit', ...(body.length <= keptBytes ? { sent: { path, body } } : {}) })
    const answer = await hubFetch(input, init)
    if (answer.ok) {
      const { tx } = (await answer.clone().json()) as { tx: string | null }
      saved.change(write, { step: 'confirm', tx: tx ?? undefined, sent: undefined })
    }
    return answer
  }

/** Goes on with a write that a reload cut off: sends what was signed again, then waits as usual. */
export const resume = async (write: Write): Promise<void> => {
  try {
    if (write.sent) {
      const { path, body } = write.sent
      const { tx } = await hubJson<{ tx: string | null }>(path, { method: 'POST', body: JSON.parse(body) })
      saved.change(write.id, { step: 'confirm', tx: tx ?? undefined, sent: undefined })
      if (path === '/v1/sessions') adoptKey()
    }
    const now = saved.get(write.id)
    if (now?.step === 'confirm' || now?.step === 'index') return await settle(write.id)
    if (now && now.step !== 'done')
      saved.change(write.id, { step: 'failed', problem: 'The page was closed before it was signed.' })
  } catch (error) {
    saved.change(write.id, { step: 'failed', problem: (error as Error).message })
  }
}

const pollMs = 400

/** Waits until the chain has the transaction and the indexer its block. */
export const settle = async (id: string): Promise<void> => {
  const write = saved.get(id)
  if (!write) return
  const block = write.tx ? await mined(write.tx) : undefined
  saved.change(id, { step: 'index' })
  if (block !== undefined) await indexed(block)
  saved.change(id, { step: 'done' })
}

/** The block of a transaction, once it has one. Throws where the chain refused it. */
export const mined = async (tx: string): Promise<number> => {
  for (;;) {
    const receipt = await rpc<{ blockNumber: string; status: string } | null>('eth_getTransactionReceipt', [tx])
    if (receipt?.status === '0x0') throw new Error('The chain refused the transaction.')
    if (receipt) return Number(receipt.blockNumber)
    await pause()
  }
}

type Status = { data?: { _meta?: { status?: Record<string, { block?: { number: number } }> } } }

const indexed = async (block: number): Promise<void> => {
  await network()
  for (;;) {
    const body = { query: '{ _meta { status } }' }
    const answer = await hubJson<Status>('/graphql', { method: 'POST', body }).catch(() => undefined)
    const blocks = Object.values(answer?.data?._meta?.status ?? {}).map((chain) => chain.block?.number ?? 0)
    if (blocks.some((number) => number >= block)) return
    await pause()
  }
}

const pause = () => new Promise((done) => setTimeout(done, pollMs))

/** Steps in the order people see them. */
export const steps: { step: WriteStep; label: string }[] = [
  { step: 'sign', label: 'Signed' },
  { step: 'submit', label: 'Sent' },
  { step: 'confirm', label: 'Confirmed on chain' },
  { step: 'index', label: 'Visible everywhere' },
]
