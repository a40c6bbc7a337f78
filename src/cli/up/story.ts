import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RepoId, Unavailable } from '../../core/index.ts'
import { type Client, Ledger } from '../../sdk/index.ts'
import { assertClean, audit } from '../../settle/index.ts'
import * as Format from '../Format.ts'
import { claimFacts } from './claim-facts.ts'
import { clientOf, fund, publish } from './first-boot.ts'
import { fixtures } from './fixtures.ts'
import type { Network } from './Network.ts'
import type { Report } from './Report.ts'

const chatModel = 'dehug/dehug-tiny-chat'
const question = 'What is DeHug?'
const maxTokens = 24
const servedTimeoutMs = 60_000

/**
 * Publishes the fixtures and tells the whole line once, each step with what proves it:
 * push, mint, fund, quote, run, receipt, claim, withdraw, verify.
 */
export async function tellStory(network: Network, report: Report, signal: AbortSignal): Promise<void> {
  report.say('\nThe first time, the fixtures are published and one answer is bought:\n')
  await publish(network, await fixtures(), report)
  const all = network.facts().accounts.map((account) => account.name)
  await report.step(
    'funded',
    () => fund(network, all),
    (funded) => {
      const alice = funded.find(({ name }) => name === 'alice')
      if (!alice) return 'before'
      return `alice: ${Format.usdc(alice.amountMicroUsdc)} by one signature, session ${alice.sessionId}, tx ${alice.tx}`
    },
  )
  const alice = clientOf(network, 'alice')
  await report.step(
    'quoted',
    () => quoteWhenServed(alice, signal),
    ({ maxFee, offer }) => `at most ${Format.usdc(maxFee)} from provider ${offer.provider}`,
  )
  const answer = await report.step(
    'ran',
    () => alice.chat({ model: chatModel, messages: [{ role: 'user', content: question }], maxTokens, signal }),
    ({ text, tokensOut }) => `${tokensOut} tokens streamed: ${JSON.stringify(text)}`,
  )
  const jobId = answer.receipt?.jobId
  await report.step(
    'receipt',
    () => alice.receipts({ jobId }),
    ([receipt]) =>
      `${jobId}, fee ${Format.usdc(receipt?.receipt.fee ?? 0n)}; checked: ${answer.receipt?.checks.join(', ')}`,
  )
  await settle(network, alice, report)
  await verify(network, alice, report)
  await network.remember({ toldStory: true })
  report.say('')
}

/** A provider needs a moment to fetch, verify and offer what was just published. */
async function quoteWhenServed(client: Client.Client, signal: AbortSignal) {
  const deadline = Date.now() + servedTimeoutMs
  for (;;) {
    try {
      return await client.quote({ model: chatModel, prompt: question, maxTokens })
    } catch (error) {
      const status = (error as { status?: number }).status ?? 0
      if (Date.now() > deadline || ![404, 503].includes(status)) throw error
      signal.throwIfAborted()
      await new Promise((done) => setTimeout(done, 200))
    }
  }
}

async function settle(network: Network, alice: Client.Client, report: Report): Promise<void> {
  const { rpcUrl, deployment } = network.facts()
  const claim = async () => {
    const { released, kept } = await alice.release()
    const [first] = released
    if (!first) throw new NotClaimed(kept[0]?.reason ?? 'there is no channel')
    return { tx: first.tx, ...(await claimFacts({ rpcUrl, deployment }, first.tx)) }
  }
  await report.step(
    'claimed',
    claim,
    ({ tx, gasUsed, provider, creator, holder, protocol }) =>
      `tx ${tx}, ${gasUsed} gas: provider ${Format.usdc(provider)}, creator ${Format.usdc(creator)}, holder ${Format.usdc(holder)}, protocol ${Format.usdc(protocol)}`,
  )
  const creator = clientOf(network, 'dehug')
  await report.step(
    'withdrawn',
    () => creator.claim(),
    ({ revenueMicroUsdc, to, txs }) => `${Format.usdc(revenueMicroUsdc)} to ${to}, tx ${txs.join(', ')}`,
  )
}

async function verify(network: Network, client: Client.Client, report: Report): Promise<void> {
  const check = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dehug-story-'))
    try {
      const version = { repo: RepoId.parse(chatModel), at: { kind: 'head' as const } }
      await client.pull({ version, folder: join(folder, 'model') })
      const artifacts = await client.verify({ folder: join(folder, 'model') })
      const { chain } = await Ledger.open(client.connection)
      const books = await audit({ chain, sources: workerUrls(network) })
      assertClean(books)
      return { artifacts, books }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
  await report.step(
    'verified',
    check,
    ({ artifacts, books }) =>
      `${artifacts.files} files are root ${artifacts.root} on chain; ${Format.usdc(books.totals.claimed)} in ${books.batches} batches recomputed from chain and content, no difference`,
  )
}

const workerUrls = (network: Network): string[] =>
  network.facts().workers.map((worker) => `http://127.0.0.1:${worker.port}`)

/** Nothing was settled at the end of the story. */
export class NotClaimed extends Unavailable {
  constructor(reason: string) {
    super(`The channel was not settled: ${reason}.`, { code: 'not_claimed', hint: 'See .dehug/logs/worker-1.log.' })
  }
}
