import { type Db, Engagement, OraclePost } from '../../../catalog/index.ts'
import { BadInput, Bytes, Cid, type Hex, PullReceipt, Signals } from '../../../core/index.ts'
import { SignalsWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import { readAll } from '../../read-all.ts'
import type { Route } from '../../request.ts'
import * as DayDocument from '../../signals/DayDocument.ts'
import * as PullSigner from '../../signals/PullSigner.ts'

const daysListed = 60

/** The formula, and the last days that hold anything. */
export const listDays: Route = (app, context) => {
  app.get('/api/dehug/signals', async () => {
    const today = PullReceipt.dayOf(context.clock().getTime())
    const epochs = await Engagement.summaries(context.catalog.db, today - daysListed + 1)
    const { address } = await PullSigner.of(context)
    return {
      formula: { name: Signals.formula, ...Signals.weights },
      pullSigner: address,
      epochs: epochs.map((epoch) => ({ ...epoch, complete: epoch.epoch < today })),
    }
  })
}

/** Everything that the scores of one UTC day come from, with roots and scores that anyone can compute again. */
export const getDay: Route = (app, context) => {
  // A large day takes a while: whoever asks meanwhile gets the same answer.
  const running = new Map<number, ReturnType<typeof describe>>()
  app.get('/api/dehug/signals/:epoch', (request) => {
    const epoch = epochOf((request.params as { epoch: string }).epoch)
    const answer = running.get(epoch) ?? describe(context, epoch).finally(() => running.delete(epoch))
    running.set(epoch, answer)
    return answer
  })
}

const describe = async (context: HubContext, epoch: number) => {
  const { db } = context.catalog
  const oracle = await oracleOf(context, db, epoch)
  const day = await dayOf(context, epoch, oracle?.posted)
  const inputs = SignalsWire.inputsOf(day)
  const scores = Signals.scores(inputs)
  const isEmpty = scores.length === 0
  const repoOf = new Map([...day.pulls, ...day.usage, ...day.likes].map(({ modelId, repo }) => [modelId, repo]))
  return {
    ...day,
    complete: epoch < PullReceipt.dayOf(context.clock().getTime()),
    formula: Signals.formula,
    roots: isEmpty ? null : Signals.roots(inputs),
    counts: { pulls: day.pulls.length, usage: day.usage.length, models: scores.length },
    scores: scores.map(({ modelId, fee, usagePoints, ...counts }) => ({
      ...{ modelId: modelId.toString(), repo: repoOf.get(modelId.toString()), ...counts },
      ...{ feeMicroUsdc: fee.toString(), usagePoints: Number(usagePoints) },
      score: Number(Signals.dayPoints({ modelId, fee, usagePoints, ...counts })),
    })),
    oracle,
  }
}

const epochOf = (text: string): number => {
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new BadInput('The address names no day; expected UTC days since 1970-01-01.', { code: 'bad_epoch' })
}

type Posted = { roots: Signals.Roots; dataCid: string; at: string; contested: boolean }

const oracleOf = async ({ chain, relayer }: HubContext, db: Db, epoch: number) => {
  const address = chain?.deployment.contracts.EngagementOracle
  if (!address || !relayer) return null
  const poster = relayer.address.toLowerCase() as Hex
  const post = await OraclePost.find(db, poster, epoch)
  const posted: Posted | null = post
    ? {
        roots: { pulls: post.pulls, usage: post.usage, scores: post.scores },
        dataCid: Cid.toString(Cid.fromBytes(Bytes.fromHex(post.dataCid))),
        at: new Date(post.at * 1000).toISOString(),
        contested: post.struck,
      }
    : null
  return { address, poster, posted }
}

/** As it was posted; what was not yet is put together now. */
const dayOf = async (
  { catalog, store }: HubContext,
  epoch: number,
  posted: Posted | null | undefined,
): Promise<SignalsWire.Day> => {
  if (posted) {
    const text = await store.open(posted.dataCid).then(readAll, () => undefined)
    if (text) return DayDocument.parse(text.toString())
  }
  return DayDocument.from(await Engagement.day(catalog.db, epoch))
}
