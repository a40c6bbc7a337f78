'use client'
import type { Answer, EngineRequest } from 'dehug/core'
import type { CheckedReceipt } from 'dehug/sdk/web'
import { useEffect, useRef, useState } from 'react'
import { runInBrowser } from './engine/run-in-browser.ts'
import { connect, type Failure, failureOf } from './sdk.ts'

/** The most that the request can cost, under a signed offer. */
export type Quote =
  | { kind: 'none' }
  | { kind: 'asking' }
  | { kind: 'free' }
  | { kind: 'quoted'; maxFee: bigint; provider: string }
  | { kind: 'refused'; failure: Failure }

export type Run =
  | { kind: 'idle' }
  | { kind: 'running'; text: string; note: string }
  | {
      kind: 'done'
      answer: Answer.Answer
      receipt: CheckedReceipt | undefined
      ms: number
      firstMs: number | undefined
    }
  | { kind: 'failed'; text: string; failure: Failure }

const settleMs = 350

/** Asks for the price of a request once it stands still; the provider's signature and the sum are checked. */
export function useQuote(model: string, request: EngineRequest.EngineRequest | undefined, free: boolean): Quote {
  const [quote, setQuote] = useState<Quote>({ kind: 'none' })
  const wanted = request && JSON.stringify(request)
  useEffect(() => {
    if (wanted === undefined || free) return setQuote({ kind: free ? 'free' : 'none' })
    let current = true
    setQuote({ kind: 'asking' })
    const timer = setTimeout(async () => {
      const next = await ask(model, JSON.parse(wanted))
      if (current) setQuote(next)
    }, settleMs)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [model, wanted, free])
  return quote
}

async function ask(model: string, request: EngineRequest.EngineRequest): Promise<Quote> {
  try {
    const { sdk, connection } = await connect()
    const { maxFee, offer } = await sdk.quote(connection, { model, request })
    return { kind: 'quoted', maxFee, provider: offer.provider }
  } catch (error) {
    return { kind: 'refused', failure: failureOf(error) }
  }
}

export type RunWith = {
  model: string
  request: EngineRequest.EngineRequest
  where: 'provider' | 'browser'
  apiKey: string | undefined
}

/** One column of the playground: runs, streams, stops. */
export function useRun(): { run: Run; start: (what: RunWith) => Promise<void>; stop: () => void } {
  const [run, setRun] = useState<Run>({ kind: 'idle' })
  const stopping = useRef<AbortController>(undefined)
  useEffect(() => () => stopping.current?.abort(), [])
  const start = async (what: RunWith) => {
    stopping.current?.abort()
    const controller = new AbortController()
    stopping.current = controller
    const startedAt = performance.now()
    let text = ''
    let firstMs: number | undefined
    const show = (next: Run) => {
      if (stopping.current === controller) setRun(next)
    }
    const onText = (piece: string) => {
      firstMs ??= performance.now() - startedAt
      text += piece
      show({ kind: 'running', text, note: '' })
    }
    const onNote = (note: string) => show({ kind: 'running', text, note })
    show({ kind: 'running', text, note: '' })
    try {
      const { answer, receipt } = await perform(what, { onText, onNote, signal: controller.signal })
      show({ kind: 'done', answer, receipt, ms: performance.now() - startedAt, firstMs })
    } catch (error) {
      show({ kind: 'failed', text, failure: controller.signal.aborted ? { message: 'Stopped.' } : failureOf(error) })
    }
  }
  return { run, start, stop: () => stopping.current?.abort() }
}

type How = { onText: (piece: string) => void; onNote: (note: string) => void; signal: AbortSignal }

async function perform(
  { model, request, where, apiKey }: RunWith,
  how: How,
): Promise<{ answer: Answer.Answer; receipt: CheckedReceipt | undefined }> {
  if (where === 'browser') return { answer: await runInBrowser(model, request, how), receipt: undefined }
  const { sdk, connection } = await connect({ apiKey })
  const { answer, receipt } = await sdk.infer(connection, { model, request, onText: how.onText, signal: how.signal })
  return { answer, receipt }
}
