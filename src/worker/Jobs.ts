import {
  BadInput,
  Bytes,
  Conflict,
  EngineRequest,
  Hash,
  type Hex,
  Job,
  NotFound,
  Price,
  Unavailable,
} from '../core/index.ts'
import type { ChannelBook, Ledger, LedgerJob } from '../settle/index.ts'
import type { ProviderWire } from '../wire/index.ts'
import type { Channels } from './Channels.ts'
import type { Engines, ServedEngine } from './Engines.ts'
import type { JobStream } from './JobStream.ts'
import { type Performed, perform } from './perform-job.ts'
import type { Offers } from './Served.ts'

export type JobsOptions = {
  ledger: Ledger.Ledger
  offers: Offers
  channels: Channels
  engines: Engines
  /** Unix ms. */
  now: () => number
}

/** A job whose money is set aside. */
export type Accepted = {
  job: LedgerJob
  offer: ProviderWire.SignedOffer['offer']
  request: EngineRequest.EngineRequest
  engine: ServedEngine
  /** Largest units that the reservation pays for; `out` grows with higher vouchers. */
  max: Price.Units
}

/** `again`: the job was sent before, and nothing runs for this call. */
export type Submitted = { again: boolean; done: Promise<Performed> }

export type Jobs = {
  /**
   * Checks everything, reserves, and then runs the job into the stream that `openStream` gives. Throws before anything
   * is reserved; afterwards `done` rejects only where nothing is reserved any more or the book is out of reach.
   */
  submit(body: ProviderWire.JobBody, openStream: (accepted: Accepted) => JobStream): Promise<Submitted>
  /** Pays for more of a running stream. */
  raise(jobId: Hex, body: ProviderWire.VoucherBody): Promise<ProviderWire.VoucherResult>
  /** Whether this process is working on a job, from its first sight to its receipt. */
  isHere(jobId: Hex): boolean
  /** µUSDC that a voucher must reach so that a running job may write `unitsOut`. */
  ceilingFor(accepted: Accepted, unitsOut: bigint): Promise<bigint>
}

type Running = { accepted: Accepted; stream: JobStream; done: Promise<Performed> }

/** Jobs of this process, from their first sight to their receipt. */
type Here = { admitting: Map<Hex, Promise<unknown>>; running: Map<Hex, Running> }

export function open(options: JobsOptions): Jobs {
  const here: Here = { admitting: new Map(), running: new Map() }
  return {
    submit: (body, openStream) => submit(options, here, body, openStream),
    raise: (jobId, body) => raise(options, here.running.get(jobId), jobId, body),
    isHere: (jobId) => here.admitting.has(jobId) || here.running.has(jobId),
    ceilingFor: (accepted, unitsOut) => ceilingFor(options, accepted, unitsOut),
  }
}

async function submit(
  options: JobsOptions,
  here: Here,
  body: ProviderWire.JobBody,
  openStream: (accepted: Accepted) => JobStream,
): Promise<Submitted> {
  const { jobId } = body
  while (here.admitting.has(jobId)) await here.admitting.get(jobId)
  const requestHash = Job.requestHash(body.salt, body.request)
  const inFlight = here.running.get(jobId)
  if (inFlight && isSame(inFlight.accepted.job, body, requestHash)) return { again: true, done: inFlight.done }
  const admission = admit(options, body, requestHash).then((admitted) => {
    if ('again' in admitted) return { again: true, done: Promise.resolve(admitted.again) }
    const stream = openStream(admitted.fresh)
    const done = perform(options, admitted.fresh, stream).finally(() => here.running.delete(jobId))
    here.running.set(jobId, { accepted: admitted.fresh, stream, done })
    return { again: false, done }
  })
  here.admitting.set(
    jobId,
    admission.then(undefined, () => undefined),
  )
  try {
    return await admission
  } finally {
    here.admitting.delete(jobId)
  }
}

type Admission = { fresh: Accepted } | { again: Performed }

async function admit(options: JobsOptions, body: ProviderWire.JobBody, requestHash: Hex): Promise<Admission> {
  try {
    return await reserve(options, body, requestHash)
  } catch (error) {
    // A retry of an old job must get its receipt even when the job could not be taken on now.
    const known = await options.ledger.job(body.jobId)
    if (known?.result && isSame(known, body, requestHash)) return { again: await replay(options, known) }
    throw error
  }
}

const isSame = (job: LedgerJob, { jobId, channelId, offerHash }: ProviderWire.JobBody, requestHash: Hex): boolean =>
  job.channelId === channelId && job.context === Job.context(jobId, offerHash, requestHash)

async function replay({ ledger }: JobsOptions, job: LedgerJob): Promise<Performed> {
  if (!job.result) throw new StillRunning(job.jobId)
  return { ...(await ledger.sign(job.result)), error: undefined }
}

async function reserve(options: JobsOptions, body: ProviderWire.JobBody, requestHash: Hex): Promise<Admission> {
  const { served, offer, request } = await understand(options, body)
  const { channelId, jobId, voucher, voucherSignature, salt, payer } = body
  await options.channels.assertPays({ channelId, payer, modelId: offer.modelId, ceiling: voucher.ceiling })
  const max = { in: body.maxIn, out: body.maxOut, ms: body.maxMs }
  const engine = options.engines.of(served)
  const [counted, reserved] = await Promise.allSettled([
    engine.count(request),
    options.ledger.reserve({
      channelId,
      jobId,
      offerHash: body.offerHash,
      requestHash,
      salt,
      versionRoot: offer.versionRoot,
      maxFeeMicroUsdc: Price.fee(offer, max),
      voucher,
      voucherSignature,
      startedAt: options.now(),
    }),
  ])
  if (reserved.status === 'rejected') throw reserved.reason
  const { fresh, job } = reserved.value
  if (!fresh) return { again: await replay(options, job) }
  const refusal = counted.status === 'rejected' ? counted.reason : tooLong(counted.value, max.in)
  if (refusal) {
    await options.ledger.cancel(job)
    throw refusal
  }
  return { fresh: { job, offer, request, engine, max } }
}

async function understand({ offers, now }: JobsOptions, body: ProviderWire.JobBody) {
  const found = await offers.find(body.offerHash)
  if (!found) throw new OfferUnknown(body.offerHash)
  const { offer } = found.wire
  const jobId = Hash.keccak256(Bytes.concat(Bytes.fromHex(body.payer), Bytes.fromHex(body.keyHash)))
  if (jobId !== body.jobId)
    throw new BadInput('The job id is not that of the payer and key hash.', { code: 'bad_job_id' })
  const request = EngineRequest.parse(body.request)
  if (request.task !== found.served.task) {
    throw new BadInput(`${found.served.repo} does ${found.served.task}, not ${request.task}.`, { code: 'wrong_task' })
  }
  assertLimits(body, offer, request)
  if (offer.validUntil * 1000n <= BigInt(now())) throw new OfferUnknown(body.offerHash)
  return { served: found.served, offer, request }
}

function assertLimits(
  body: ProviderWire.JobBody,
  offer: ProviderWire.SignedOffer['offer'],
  request: EngineRequest.EngineRequest,
): void {
  for (const [given, most, name] of [
    [body.maxIn, offer.maxIn, 'maxIn'],
    [body.maxOut, offer.maxOut, 'maxOut'],
    [body.maxMs, offer.maxMs, 'maxMs'],
  ] as const) {
    if (given > most) throw new OverOffer(name, given, most)
  }
  if (request.task !== 'text-generation') return
  const wanted = BigInt(request.maxTokens)
  if (wanted > offer.maxOut) throw new OverOffer('maxTokens', wanted, offer.maxOut)
  if (!body.stream && wanted > body.maxOut) {
    throw new BadInput(
      `maxTokens is ${wanted} and maxOut only ${body.maxOut}; only a stream may be paid for in parts.`,
      {
        code: 'max_out_too_small',
      },
    )
  }
}

const tooLong = (unitsIn: number, maxIn: bigint): Error | undefined =>
  BigInt(unitsIn) > maxIn ? new InputTooLong(unitsIn, maxIn) : undefined

async function ceilingFor({ ledger }: JobsOptions, { job, offer, max }: Accepted, unitsOut: bigint): Promise<bigint> {
  const book = (await ledger.channel(job.channelId)) as ChannelBook
  return book.spent + book.reserved + Price.fee(offer, { ...max, out: unitsOut }) - job.maxFeeMicroUsdc
}

async function raise(
  { ledger, channels }: JobsOptions,
  running: Running | undefined,
  jobId: Hex,
  { voucher, voucherSignature, maxOut }: ProviderWire.VoucherBody,
): Promise<ProviderWire.VoucherResult> {
  if (!running) throw new NotFound(`Job ${jobId} is not running here.`, { code: 'job_not_running' })
  const { accepted, stream } = running
  const { job, offer, max } = accepted
  if (maxOut > offer.maxOut) throw new OverOffer('maxOut', maxOut, offer.maxOut)
  const payerOf = await ledger.terms(job.channelId)
  await channels.assertPays({
    channelId: job.channelId,
    payer: payerOf?.payer as Hex,
    modelId: offer.modelId,
    ceiling: voucher.ceiling,
  })
  const out = maxOut > max.out ? maxOut : max.out
  const maxFeeMicroUsdc = Price.fee(offer, { ...max, out })
  const book = await ledger.extend(job, { voucher, voucherSignature, maxFeeMicroUsdc })
  accepted.max = { ...max, out }
  accepted.job = { ...job, maxFeeMicroUsdc }
  stream.allow(Number(out))
  return { jobId, maxOut: out, reserved: book.reserved, ceiling: book.ceiling }
}

/** The offer was not made by this worker or is over. */
export class OfferUnknown extends Conflict {
  constructor(offerHash: Hex) {
    super(`Offer ${offerHash} is not valid here.`, {
      code: 'offer_unknown',
      retryable: true,
      hint: 'Read GET /offers again and use a current one.',
    })
  }
}

/** More was asked than the offer's limits allow. */
export class OverOffer extends BadInput {
  constructor(name: string, given: bigint, most: bigint) {
    super(`${name} is ${given}; the offer allows at most ${most}.`, {
      code: 'over_offer',
      details: { name, given, most },
    })
  }
}

/** The input has more units than were paid for. */
export class InputTooLong extends BadInput {
  constructor(unitsIn: number, maxIn: bigint) {
    super(`The input has ${unitsIn} units and maxIn is ${maxIn}.`, {
      code: 'input_too_long',
      hint: 'Send a shorter input or a higher maxIn.',
      details: { unitsIn, maxIn },
    })
  }
}

/** The same job was sent by two connections and runs in another process. */
export class StillRunning extends Unavailable {
  constructor(jobId: Hex) {
    super(`Job ${jobId} is still running.`, { code: 'job_running', hint: `Read GET /jobs/${jobId} in a moment.` })
  }
}
