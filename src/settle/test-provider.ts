import { join } from 'node:path'
import type { Hex } from '../core/index.ts'
import { DiskStore } from '../store/index.ts'
import * as Batches from './Batches.ts'
import { fromChain } from './ClaimChain.ts'
import { fromStore } from './DataAvailability.ts'
import type * as Ledger from './Ledger.ts'
import * as NativeSigner from './NativeSigner.ts'
import { jobOn, lockChannel, mintModel, openSession, signerOf, testNetwork } from './test-network.ts'
import { ending, hex32, openBook, testDatabase } from './testing.ts'

export type TestProvider = Awaited<ReturnType<typeof testProvider>>

/** Chain, Postgres and store with one provider, one model and one payer's session. */
export async function testProvider() {
  const [database, network] = await Promise.all([testDatabase(), testNetwork()])
  const store = await DiskStore.open({ dir: join(network.home, 'store') })
  const modelId = await mintModel(network, 'dehug/claims')
  const session = await openSession(network, { key: NativeSigner.from(hex32(0xbeef)) })
  const provider = signerOf('node-1')
  const chainOf = () => fromChain(network.chain, network.relayer, provider.address)
  let lane = 0
  return {
    ...{ database, network, store, modelId, session, provider, chainOf },
    /** Opens the provider's book for the time of `work`. */
    withBook: async <T>(
      work: (book: Ledger.Ledger, batches: Batches.Batches) => Promise<T>,
      options: Partial<Batches.BatchesOptions> = {},
    ) => {
      const identity = { signer: provider, domainSeparator: network.usage }
      await using ledger = await openBook(database.pool, identity)
      const parts = { pool: database.pool, ledger, chain: chainOf(), da: fromStore(store), now: Date.now }
      return await work(ledger, Batches.start({ ...identity, ...parts, ...options }))
    },
    openChannel: async (ledger: Ledger.Ledger, add = 1_000_000n, model = modelId): Promise<Hex> => {
      lane += 1
      const channelId = await lockChannel(network, session, { provider: provider.address, modelId: model, lane, add })
      await ledger.observe({ ...(await chainOf().channel(channelId)), state: 'open' })
      return channelId
    },
    /** `fees.length` jobs on a channel, of which each pays its fee. */
    work: async (ledger: Ledger.Ledger, channelId: Hex, fees: bigint[], from = 1n) => {
      let ceiling = (await ledger.channel(channelId))!.spent
      for (const [i, fee] of fees.entries()) {
        ceiling += fee
        const terms = { n: from + BigInt(i), ceiling, maxFee: fee }
        const { job } = await ledger.reserve(jobOn(network, session, channelId, terms))
        await ledger.settle(job, { ...ending(fee), status: fee === 0n ? 2 : 0 })
      }
    },
    stop: async () => {
      await store[Symbol.asyncDispose]()
      await network.stop()
      await database.stop()
    },
  }
}
