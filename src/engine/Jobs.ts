import type { Answer, EngineRequest } from '../core/index.ts'
import { answerOf, areUnitsPossible } from './Answers.ts'
import type { Done, Message } from './Message.ts'

export type Units = { in: number; out: number; ms: number }

/** What one request gave: the answer and what it cost, `ms` being the time from its start to its end. */
export type RunResult = { answer: Answer.Answer; units: Units; finishReason: 'stop' | 'length' | 'abort' }

/** A request under way in a child. */
export type Job = {
  request: EngineRequest.EngineRequest
  startedAt: number
  text: string
  unitsOut: number
  onText: ((delta: string, unitsOut: number) => void) | undefined
  /** What the caller's own `onText` threw; the job then only waits for its child to stop. */
  failure?: { cause: unknown }
  resolve: (result: RunResult) => void
  reject: (error: unknown) => void
}

type Text = Extract<Message, { op: 'text' }>

/** Takes one piece of text. Returns what is wrong with it, if anything is. */
export function takeText(job: Job, message: Text, maxAnswerBytes: number): string | undefined {
  const { request } = job
  if (request.task !== 'text-generation') return 'text came for a request that has none'
  if (message.unitsOut < job.unitsOut || message.unitsOut > request.maxTokens) return 'the token count is impossible'
  if (job.text.length + message.text.length > maxAnswerBytes) return `the text is longer than ${maxAnswerBytes} bytes`
  const delta = message.text.toWellFormed()
  job.text += delta
  job.unitsOut = message.unitsOut
  try {
    job.onText?.(delta, message.unitsOut)
  } catch (cause) {
    job.onText = undefined
    job.failure = { cause }
  }
  return undefined
}

/** The result a closing message stands for, or what is wrong with the message. */
export function resultOf(
  job: Job,
  done: Done,
  context: { contextLength: number | null; now: number },
): RunResult | string {
  const { unitsIn, unitsOut, finishReason } = done
  if (
    unitsOut < job.unitsOut ||
    !areUnitsPossible(job.request, { in: unitsIn, out: unitsOut }, context.contextLength)
  ) {
    return 'the units are impossible'
  }
  const answer = answerOf(job.request, done, job.text)
  if (!answer) return 'the answer does not fit the request'
  const ms = Math.ceil(context.now - job.startedAt)
  return { answer, units: { in: unitsIn, out: unitsOut, ms }, finishReason }
}
