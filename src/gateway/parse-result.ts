import type { Hex, Receipt } from '../core/index.ts'
import { ProviderWire } from '../wire/index.ts'
import { ProviderGarbled } from './ProviderClient.ts'

type Json = Record<string, unknown>

/**
 * A provider's result, as `ProviderWire.JobResult` parses it but in a sixth of the time, since each answer takes this
 * way. What is not in the usual form goes through the schema, for its verdict. Throws `ProviderGarbled`.
 */
export function parseResult(json: unknown): ProviderWire.JobResult {
  const { answer, units, receipt, signature, failure } = (json ?? {}) as Json
  const counted = isObject(units) && quantities(units)
  const read = isObject(receipt) && readReceipt(receipt)
  const isUsual =
    counted && read && isHex(signature, 132) && (answer === null || isObject(answer)) && failure === undefined
  if (isUsual) return { answer, units: counted, receipt: read, signature }
  const parsed = ProviderWire.JobResult.safeParse(json)
  if (parsed.success) return parsed.data
  throw new ProviderGarbled(parsed.error.issues[0]?.message ?? 'a result has the wrong shape')
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const hex = /^0x[0-9a-f]*$/
const isHex = (value: unknown, length: number): value is Hex =>
  typeof value === 'string' && value.length === length && hex.test(value)
const decimal = /^(0|[1-9][0-9]{0,18})$/
const isDecimal = (value: unknown): value is string => typeof value === 'string' && decimal.test(value)

function quantities({ in: unitsIn, out, ms }: Json): ProviderWire.Units | undefined {
  if (!(isDecimal(unitsIn) && isDecimal(out) && isDecimal(ms))) return undefined
  return { in: BigInt(unitsIn), out: BigInt(out), ms: BigInt(ms) }
}

const hashes = ['channelId', 'jobId', 'context', 'answerHash', 'versionRoot', 'engine'] as const
const numbers = ['seq', 'unitsIn', 'unitsOut', 'unitsMs', 'fee', 'spent', 'startedAt', 'finishedAt'] as const

function readReceipt(json: Json): Receipt.Receipt | undefined {
  if (!hashes.every((field) => isHex(json[field], 66))) return undefined
  if (!numbers.every((field) => isDecimal(json[field]))) return undefined
  const { status } = json
  if (!(Number.isInteger(status) && (status as number) >= 0 && (status as number) < 256)) return undefined
  const read = json as Record<(typeof hashes)[number], Hex> & Record<(typeof numbers)[number], string>
  return {
    channelId: read.channelId,
    seq: BigInt(read.seq),
    jobId: read.jobId,
    context: read.context,
    status: status as number,
    unitsIn: BigInt(read.unitsIn),
    unitsOut: BigInt(read.unitsOut),
    unitsMs: BigInt(read.unitsMs),
    fee: BigInt(read.fee),
    spent: BigInt(read.spent),
    answerHash: read.answerHash,
    versionRoot: read.versionRoot,
    engine: read.engine,
    startedAt: BigInt(read.startedAt),
    finishedAt: BigInt(read.finishedAt),
  }
}
