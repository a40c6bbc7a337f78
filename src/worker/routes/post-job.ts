import type { FastifyInstance, FastifyReply } from 'fastify'
import { DehugError, Struct } from '../../core/index.ts'
import { ProviderWire } from '../../wire/index.ts'
import type { WorkerContext } from '../app.ts'
import * as JobStream from '../JobStream.ts'
import type { Accepted } from '../Jobs.ts'
import type { Performed } from '../perform-job.ts'
import { resultOf } from '../result.ts'
import * as Stop from '../Stop.ts'

/** How long a stream waits at its ceiling for a higher voucher. */
const ceilingWaitMs = 10_000

/** `POST /jobs`: runs one paid request; JSON, or server-sent events with `stream`. */
export function postJob(app: FastifyInstance, context: WorkerContext): void {
  app.post('/jobs', async (request, reply) => {
    const body = Struct.parseWith(ProviderWire.JobBody, request.body, 'job')
    return body.stream ? streamed(context, body, reply) : whole(context, body, reply)
  })
}

/** Stops the job when the client goes away before the answer is complete. */
function stopWhenGone(reply: FastifyReply): Stop.Stop {
  const stop = Stop.create()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) stop.because('gone')
  })
  return stop
}

async function whole({ jobs }: WorkerContext, body: ProviderWire.JobBody, reply: FastifyReply) {
  const stop = stopWhenGone(reply)
  const { again, done } = await jobs.submit(body, () => JobStream.silent(stop))
  const performed = await done
  if (performed.error && !again) throw withReceipt(performed)
  return reply.type('application/json').send(ProviderWire.toJson(resultOf(performed)))
}

/** The error with its zero-fee receipt, so that the payer may go elsewhere at once. */
function withReceipt({ error, receipt, signature }: Performed): DehugError {
  const { message, code, status, hint, retryable, exitCode, details } = error as DehugError
  return new DehugError(message, {
    code,
    status,
    hint,
    retryable,
    exitCode,
    details: { ...details, receipt, signature },
  })
}

async function streamed(context: WorkerContext, body: ProviderWire.JobBody, reply: FastifyReply) {
  const { raw } = reply
  const stop = stopWhenGone(reply)
  const { again, done } = await context.jobs.submit(body, (accepted) => {
    startEvents(reply)
    return JobStream.open(raw, {
      stop,
      paidUnits: Number(body.maxOut),
      waitMs: ceilingWaitMs,
      onPause: () => pause(context, accepted),
    })
  })
  if (again) return replayEvents(reply, await done)
  try {
    const performed = await done
    if (performed.error) raw.write(ProviderWire.sseEvent('error', DehugError.toProblem(performed.error)))
    raw.end(ProviderWire.sseEvent('receipt', resultOf(performed)))
  } catch (error) {
    reply.log.warn({ err: error })
    raw.end(ProviderWire.sseEvent('error', DehugError.toProblem(error)))
  }
  return reply
}

function startEvents(reply: FastifyReply): void {
  reply.hijack()
  reply.raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  reply.raw.flushHeaders()
}

async function pause({ jobs }: WorkerContext, accepted: Accepted) {
  const wanted = accepted.request.task === 'text-generation' ? BigInt(accepted.request.maxTokens) : accepted.max.out
  return { unitsOut: wanted, ceilingMicroUsdc: await jobs.ceilingFor(accepted, wanted) }
}

function replayEvents(reply: FastifyReply, performed: Performed): FastifyReply {
  startEvents(reply)
  const { answer, receipt } = performed
  if (answer?.kind === 'text') {
    reply.raw.write(ProviderWire.sseEvent('delta', { text: answer.text, unitsOut: Number(receipt.unitsOut) }))
  }
  reply.raw.end(ProviderWire.sseEvent('receipt', resultOf(performed)))
  return reply
}
