import { Engagement, Onchain, OraclePost } from '../../catalog/index.ts'
import { Calls, type Chain, type Relayer } from '../../chain/index.ts'
import { Bytes, Cid, Merkle, PullReceipt, Signals } from '../../core/index.ts'
import { SignalsWire } from '../../wire/index.ts'
import type { HubContext } from '../context.ts'
import { readAll } from '../read-all.ts'
import * as DayDocument from './DayDocument.ts'

/** How many days back a hub that was away still posts. */
const daysBack = 7
/** Receipts of yesterday come in for an hour, and the last blocks have to be final. */
const settleSeconds = 2 * 3_600
/** Scores recorded on chain of one day: the best ones. */
const mostRecorded = 20

export type Tools = { context: HubContext; chain: Chain.Chain; relayer: Relayer.Relayer }

/** Posts the roots of days that are over, and records their best scores once nobody contested them in time. */
export const postDays = async (tools: Tools): Promise<void> => {
  const { context, chain, relayer } = tools
  const { db } = context.catalog
  if (!chain.deployment.contracts.EngagementOracle) return
  const today = PullReceipt.dayOf((await settledUntil(tools)) * 1000)
  const posts = await OraclePost.since(db, relayer.address, today - daysBack)
  const posted = new Map(posts.map((post) => [post.epoch, post]))
  for (let epoch = Math.max(0, today - daysBack); epoch < today; epoch += 1) {
    const post = posted.get(epoch)
    if (!post) await postDay(tools, epoch)
    else if (!post.struck) await recordDay(tools, post)
  }
}

/** Up to when everything has happened and was indexed, in unix seconds: what is published of later times might change. */
export const settledUntil = async ({ context, chain }: Tools): Promise<number> => {
  const [now, indexed = 0] = await Promise.all([chain.now(), Onchain.indexedUntil(context.catalog.db)])
  return Math.min(Number(now), indexed) - settleSeconds
}

const postDay = async ({ context, chain, relayer }: Tools, epoch: number): Promise<void> => {
  const document = DayDocument.from(await Engagement.day(context.catalog.db, epoch))
  const inputs = SignalsWire.inputsOf(document)
  if (Signals.scores(inputs).length === 0) return
  const { cid } = await context.store.put(Bytes.utf8(DayDocument.serialize(document)))
  await context.store.pin(cid, `signals:${epoch}`)
  await Engagement.publish(context.catalog.db, `day:${epoch}`, cid)
  const call = Calls.postSignals(chain.deployment, epoch, Signals.roots(inputs), Bytes.toHex(Cid.bytes(cid)))
  await relayer.send(call, { account: 'signals' })
}

const recordDay = async ({ context, chain, relayer }: Tools, post: OraclePost.Post): Promise<void> => {
  const window = await chain.contestWindowSeconds()
  if ((await chain.now()) < BigInt(post.at) + window) return
  const cid = Cid.toString(Cid.fromBytes(Bytes.fromHex(post.dataCid)))
  const text = await readAll(await context.store.open(cid))
  const scores = Signals.scores(SignalsWire.inputsOf(DayDocument.parse(text.toString())))
  const leaves = scores.map(Signals.scoreLeaf)
  const best = [...scores].sort((a, b) => Number(Signals.dayPoints(b) - Signals.dayPoints(a))).slice(0, mostRecorded)
  const done = await OraclePost.recorded(
    context.catalog.db,
    relayer.address,
    best.map(({ modelId }) => modelId),
  )
  for (const score of best) {
    if ((done.get(score.modelId) ?? -1) >= post.epoch) continue
    const proof = Merkle.proof(leaves, Signals.scoreLeaf(score))
    await relayer.send(Calls.recordScore(chain.deployment, relayer.address, post.epoch, score, proof), {
      account: 'signals',
    })
  }
}
