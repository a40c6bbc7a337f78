import type { Ledger } from '../settle/index.ts'

/** A settled job as `ProviderWire.JobResult` has it. */
export const resultOf = ({ receipt, signature, answer, failure }: Ledger.Settled) => ({
  answer,
  units: { in: receipt.unitsIn, out: receipt.unitsOut, ms: receipt.unitsMs },
  receipt,
  signature,
  ...(failure === null ? {} : { failure }),
})
