import { define, type Value } from './Struct.ts'

const struct = define('Receipt', {
  channelId: 'bytes32',
  seq: 'uint64',
  jobId: 'bytes32',
  context: 'bytes32',
  status: 'uint8',
  unitsIn: 'uint64',
  unitsOut: 'uint64',
  unitsMs: 'uint64',
  fee: 'uint256',
  spent: 'uint256',
  answerHash: 'bytes32',
  versionRoot: 'bytes32',
  engine: 'bytes32',
  startedAt: 'uint64',
  finishedAt: 'uint64',
})

/** What a provider signs after each job: units, fee and running total `spent` in µUSDC, times in unix ms. */
export type Receipt = Value<typeof struct.fields>
export const { type, schema, structHash, digest, parse, serialize } = struct

/** What became of the job. The fee is zero for `failed`, `empty` and `deadline`. */
export const Status = { ok: 0, aborted: 1, failed: 2, empty: 3, deadline: 4, ceiling: 5 } as const

export type StatusName = keyof typeof Status

/** Whether a receipt of this status may charge for the units that reached the payer. */
export const mayCharge = (status: number): boolean =>
  status === Status.ok || status === Status.aborted || status === Status.ceiling
