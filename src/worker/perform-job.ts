import { Answer, DehugError, Fault, type Hex, Price, Receipt, Unavailable } from '../core/index.ts'
import { EngineBusy, type RunResult } from '../engine/index.ts'
import { type Ledger, zeroHash } from '../settle/index.ts'
import type { JobStream } from './JobStream.ts'
import type { Accepted } from './Jobs.ts'

/** A job's signed end. `error` says why there is no answer. */
export type Performed = Ledger.Settled & { error: DehugError | undefined }

type Context = { ledger: Ledger.Ledger; now: () => number }

type End = {
  status: number
  answer: Answer.Answer | null
  units: Price.Units
  engine: Hex
  error?: DehugError | undefined
}

/**
 * Runs the engine and settles. What is charged: the whole answer; what had left this process when the client went away
 * or the money ended; nothing for a failed, empty or late answer. Throws `EngineBusy` when the engine had no place: then
 * nothing was reserved after all.
 */
export async function perform(context: Context, accepted: Accepted, stream: JobStream): Promise<Performed> {
  // A payer who leaves a stream waiting for money does not get it for free by that.
  const giveUp = () => stream.stop.because(stream.paused ? 'starved' : 'late')
  const deadline = setTimeout(giveUp, accepted.offer.jobSecs * 1000)
  try {
    return await settle(context, accepted, await runToEnd(accepted, stream))
  } catch (error) {
    if (error instanceof EngineBusy) await context.ledger.cancel(accepted.job)
    throw error
  } finally {
    clearTimeout(deadline)
  }
}

async function runToEnd(accepted: Accepted, stream: JobStream): Promise<End> {
  const { stop, onText } = stream
  try {
    const result = await accepted.engine.run(accepted.request, { signal: stop.signal, onText })
    await stream.settled()
    return endOf(accepted, result, stream)
  } catch (error) {
    // An engine that does not react to the stop is killed; the stop is still why the job ended.
    if (stop.reason) return endOf(accepted, noResult, stream)
    if (error instanceof EngineBusy && stream.written().unitsOut === 0) throw error
    return failed(error)
  }
}

const noResult: Result = {
  answer: { kind: 'text', text: '', finishReason: 'abort' },
  units: { in: 0, out: 0, ms: 0 },
  engine: zeroHash,
}

function endOf(accepted: Accepted, result: Result, stream: JobStream): End {
  const { engine } = result
  const units = clamp(result.units, accepted.max)
  switch (stream.stop.reason) {
    case 'gone':
      return partial(stream, { units, engine }, Receipt.Status.aborted, 'abort')
    case 'late':
      return { ...nothing, status: Receipt.Status.deadline, error: new JobLate(accepted.offer.jobSecs) }
    case 'starved':
      return partial(stream, { units, engine }, Receipt.Status.ceiling, 'ceiling')
  }
  if (Answer.isEmpty(result.answer)) return { ...nothing, status: Receipt.Status.empty, answer: result.answer, engine }
  return { status: Receipt.Status.ok, answer: result.answer, units, engine }
}

type Result = Pick<RunResult, 'answer' | 'units'> & { engine: Hex }

const nothing = { answer: null, units: { in: 0n, out: 0n, ms: 0n }, engine: zeroHash }

function partial(
  stream: JobStream,
  { units, engine }: Pick<End, 'units' | 'engine'>,
  status: number,
  finishReason: 'abort' | 'ceiling',
): End {
  const { text, unitsOut } = stream.written()
  if (unitsOut === 0) return { ...nothing, status }
  return { status, answer: { kind: 'text', text, finishReason }, units: { ...units, out: BigInt(unitsOut) }, engine }
}

const failed = (error: unknown): End => {
  const known = error instanceof DehugError ? error : new Fault(undefined, { cause: error })
  return { ...nothing, status: Receipt.Status.failed, error: known }
}

/** Receipts never show more units than were paid for. */
const clamp = (units: RunResult['units'], max: Price.Units): Price.Units => ({
  in: least(BigInt(units.in), max.in),
  out: least(BigInt(units.out), max.out),
  ms: least(BigInt(units.ms), max.ms),
})

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

async function settle({ ledger, now }: Context, accepted: Accepted, end: End): Promise<Performed> {
  const { job, offer } = accepted
  const charged = Receipt.mayCharge(end.status) && end.answer !== null
  const settled = await ledger.settle(job, {
    status: end.status,
    feeMicroUsdc: charged ? Price.fee(offer, end.units) : 0n,
    units: end.units,
    engine: end.engine,
    answer: end.answer,
    failure: end.error?.code,
    finishedAt: now(),
  })
  return { ...settled, error: end.error }
}

/** The answer was not there in time; it costs nothing. */
export class JobLate extends Unavailable {
  constructor(jobSeconds: number) {
    super(`The model did not answer within the ${jobSeconds} s that the offer promises.`, {
      code: 'job_late',
      hint: 'Nothing was charged; ask for less or try another provider.',
    })
  }
}
