import type { Dispatcher } from 'undici'
import { DehugError } from '../core/index.ts'
import { ProviderWire } from '../wire/index.ts'
import { ProviderGarbled } from './ProviderClient.ts'
import { parseResult } from './parse-result.ts'

/** What a provider's stream of events is told to. */
export type StreamReader = {
  onDelta(text: string): Promise<unknown> | undefined
  /** Why there will be no answer; the job's zero-fee receipt follows. */
  onError(error: DehugError): void
  onCeiling(event: { unitsOut: bigint; ceilingMicroUsdc: bigint; waitMs: number }): void
}

const maxEventChars = 64 * 1024 * 1024

/**
 * Reads the events of `POST /jobs` with `stream` up to the receipt (HTML standard, section 9.2). The text that was passed
 * on is the answer that the receipt must be for. Throws `ProviderGarbled` when it ends without a receipt.
 */
export async function readStream(
  body: Dispatcher.ResponseData['body'],
  reader: StreamReader,
): Promise<ProviderWire.JobResult> {
  body.setEncoding('utf8')
  let rest = ''
  for await (const chunk of body as AsyncIterable<string>) {
    rest += chunk
    if (rest.length > maxEventChars) throw new ProviderGarbled('an event is too large')
    let start = 0
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n', start)) {
      const result = await readEvent(rest.slice(start, end), reader)
      if (result) return result
      start = end + 2
    }
    rest = rest.slice(start)
  }
  throw new ProviderGarbled('its stream ended without a receipt')
}

async function readEvent(event: string, reader: StreamReader): Promise<ProviderWire.JobResult | undefined> {
  const { name, data } = fieldsOf(event)
  if (name === 'delta') {
    const { text } = parse(data) as { text?: unknown }
    if (typeof text !== 'string') throw new ProviderGarbled('a delta carries no text')
    const waited = reader.onDelta(text)
    if (waited) await waited
  }
  if (name === 'ceiling') reader.onCeiling(checked(ProviderWire.StreamEvents.ceiling.safeParse(parse(data))))
  if (name === 'error') reader.onError(DehugError.fromProblem(parse(data)))
  if (name === 'receipt') return parseResult(parse(data))
  return undefined
}

function fieldsOf(event: string): { name: string; data: string } {
  let name = ''
  let data = ''
  for (const line of event.split('\n')) {
    if (line.startsWith('event: ')) name = line.slice(7)
    else if (line.startsWith('data: ')) data = data === '' ? line.slice(6) : `${data}\n${line.slice(6)}`
  }
  return { name, data }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    throw new ProviderGarbled('an event is not JSON')
  }
}

/** A parsed message, or `ProviderGarbled` with the first complaint. */
function checked<T>(
  parsed: { success: true; data: T } | { success: false; error: { issues: { message: string }[] } },
): T {
  if (parsed.success) return parsed.data
  throw new ProviderGarbled(parsed.error.issues[0]?.message ?? 'a message has the wrong shape')
}

/** Whether an error says anything that the caller of a job can do something about. */
export const isAboutRequest = (error: unknown): boolean =>
  error instanceof DehugError && (error.status === 400 || error.status === 413 || error.status === 422)
