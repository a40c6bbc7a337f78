import { Conflict, type DehugError, Fault, type Hex, PaymentNeeded, type Receipt } from '../core/index.ts'
import { bookFromRow, type ChannelBook, fromRow, type LedgerJob } from './LedgerJob.ts'
import type { Outcome } from './LedgerQueue.ts'

type Asked = { channelId: Hex; maxFeeMicroUsdc: bigint; ceiling: bigint }

/** The error for an operation that the book refused. */
export function refusal(outcome: Outcome, asked: Asked): DehugError {
  const book = outcome.channel ? bookFromRow(outcome.channel as never) : undefined
  switch (outcome.outcome) {
    case 'other_request':
      return new OtherRequest(outcome.job ? fromRow(outcome.job as never).jobId : asked.channelId)
    case 'not_open':
      return new ChannelNotOpen(asked.channelId, book?.state ?? 'closed')
    case 'above_locked':
      return new AboveLocked(asked, book as ChannelBook)
    case 'below_fee':
      return new CeilingTooLow(asked, book as ChannelBook)
    case 'contradicting':
      return new ContradictingVoucher(asked, book as ChannelBook)
    case 'not_running':
    case 'running':
      return new JobState(asked.channelId, outcome.outcome)
    default:
      return new Fault(`The book answered "${outcome.outcome}".`)
  }
}

/** The job id was used for another request. */
export class OtherRequest extends Conflict {
  constructor(jobId: Hex) {
    super(`Job ${jobId} was made for another request.`, {
      code: 'idempotency_key_reused',
      hint: 'Use a new idempotency key for a new request; a retry must send the same request and salt.',
    })
  }
}

/** The job was taken on for this very request, on another channel or under another offer. */
export class OtherTerms extends Conflict {
  constructor({ jobId, channelId }: LedgerJob, signed: { receipt: Receipt.Receipt; signature: Hex } | null) {
    super(`Job ${jobId} was made on channel ${channelId} under terms that are not those of this voucher.`, {
      code: 'other_terms',
      hint: `Nothing was charged again: GET /jobs/${jobId} has the answer, or use a new idempotency key.`,
      details: { channelId, ...(signed && { receipt: signed.receipt, signature: signed.signature }) },
    })
  }
}

/** The channel is closing or closed. */
export class ChannelNotOpen extends Conflict {
  constructor(channelId: Hex, state: string) {
    super(`Channel ${channelId} is ${state} and takes no more jobs.`, {
      code: 'channel_not_open',
      hint: 'Open a channel in another lane.',
      details: { state },
    })
  }
}

/** The voucher promises more than is locked. */
export class AboveLocked extends PaymentNeeded {
  constructor({ ceiling }: Asked, book: ChannelBook) {
    super(`The voucher's ceiling is ${ceiling} µUSDC and ${book.locked} µUSDC are locked on the channel.`, {
      code: 'above_locked',
      hint: 'Lock more on the channel, then send the request again.',
      details: { shortfallMicroUsdc: ceiling - book.locked, channel: book },
    })
  }
}

/** The voucher does not cover what is spent, what is running, and this job. */
export class CeilingTooLow extends PaymentNeeded {
  constructor({ ceiling, maxFeeMicroUsdc }: Asked, book: ChannelBook) {
    const needed = book.spent + book.reserved + maxFeeMicroUsdc
    const best = ceiling > book.ceiling ? ceiling : book.ceiling
    super(`The voucher's ceiling is ${best} µUSDC; this job needs ${needed} µUSDC.`, {
      code: 'ceiling_too_low',
      hint: 'Sign a voucher with the needed ceiling; the channel below says what is spent and reserved.',
      details: { shortfallMicroUsdc: needed - best, neededMicroUsdc: needed, channel: book },
    })
  }
}

/** A later voucher with a lower ceiling, an earlier one with a higher ceiling, or a number used for two vouchers. */
export class ContradictingVoucher extends Conflict {
  constructor({ ceiling }: Asked, book: ChannelBook) {
    const last = book.lastVoucher?.voucher
    super(`A voucher with ceiling ${ceiling} µUSDC contradicts voucher ${last?.n} with ${last?.ceiling} µUSDC.`, {
      code: 'contradicting_voucher',
      hint: 'Number vouchers upwards, each once, and never lower the ceiling; the last voucher is below.',
      details: { channel: book },
    })
  }
}

/** The operation does not fit what the channel's jobs are doing. */
export class JobState extends Conflict {
  constructor(channelId: Hex, state: 'running' | 'not_running') {
    const running = state === 'running'
    super(`${running ? 'Jobs are still' : 'This job is not'} running on channel ${channelId}.`, {
      code: running ? 'jobs_running' : 'job_not_running',
      retryable: running,
      hint: running ? 'Try again when they have ended.' : 'Read its receipt instead.',
    })
  }
}
