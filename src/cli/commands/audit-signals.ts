import { BadInput, PullReceipt, VerificationFailed } from '../../core/index.ts'
import type { SignalAudit } from '../../sdk/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import { type Io, print } from '../Io.ts'

/** Computes a day's scores again from receipts, signatures and the chain. Exit code 3 on a difference. */
export async function auditSignals(day: string | undefined, options: ConnectOptions, io: Io): Promise<SignalAudit> {
  const client = await connect(options, io)
  const result = await client.auditSignals(dayOf(day, io))
  const { epoch, pulls, usage, likes, roots, poster, differences } = result
  print(
    io,
    `Day ${epoch} (${new Date(epoch * 86_400_000).toISOString().slice(0, 10)}): ${pulls} pulls, ${usage} channels, ${likes} likes.`,
  )
  print(io, `Scores ${roots.scores}, ${poster ? `posted by ${poster}` : 'not posted'}.`)
  if (differences.length === 0) print(io, 'No difference.')
  for (const { what, said, found } of differences) print(io, `✗ ${what}: ${said}, found ${found}`)
  if (differences.length > 0) throw new SignalsDiffer(epoch, differences.length)
  return result
}

function dayOf(text: string | undefined, io: Io): number {
  if (text === undefined) return PullReceipt.dayOf(io.now()) - 1
  const day = /^\d{1,6}$/.test(text) ? Number(text) : PullReceipt.dayOf(Date.parse(text))
  if (Number.isInteger(day) && day >= 0) return day
  throw new BadInput(`"${text}" is no day.`, { code: 'bad_day', hint: 'Write it like 2026-11-21.' })
}

/** The scores of a day are not what receipts and chain give. */
export class SignalsDiffer extends VerificationFailed {
  constructor(epoch: number, count: number) {
    super(`The signals of day ${epoch} differ in ${count} places from what receipts and chain say.`, {
      code: 'signals_differ',
      hint: 'Contest what was posted while the window is open (docs/signals.md), and do not rely on its scores.',
    })
  }
}
