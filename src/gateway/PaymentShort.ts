import { PaymentNeeded } from '../core/index.ts'
import * as Book from './Book.ts'
import type { Channel, Shortage } from './Channel.ts'
import { receiptJson, voucherJson } from './Journal.ts'
import * as MicroUsdc from './MicroUsdc.ts'
import type { Payer } from './Sessions.ts'
import type { Treasury } from './Treasury.ts'

export type PaymentShortFacts = {
  payer: Payer
  channel: Channel
  /** µUSDC */
  maxFee: bigint
  shortage: Shortage
  treasury: Treasury
}

/** The balance or the session's cap is too small; `details` are `GatewayWire.PaymentDetails`. */
export class PaymentShort extends PaymentNeeded {
  /** µUSDC missing. */
  readonly shortfall: bigint

  constructor({ payer, channel, maxFee, shortage, treasury }: PaymentShortFacts) {
    const { limit, free, capLeft } = shortage
    const needed = Book.shortfall(channel.book, maxFee)
    const shortfall = MicroUsdc.max(0n, needed - MicroUsdc.min(free, capLeft))
    const what = limit === 'balance' ? 'balance' : "API key's limit"
    super(`This request may cost up to ${maxFee} µUSDC; the ${what} is ${shortfall} µUSDC short.`, {
      code: limit === 'balance' ? 'insufficient_balance' : 'over_cap',
      hint:
        limit === 'balance'
          ? 'Add money with "dehug channel fund", or ask for fewer tokens.'
          : 'Open a session with a higher cap ("dehug channel fund"), or ask for fewer tokens.',
      details: {
        ...{ payer: payer.session.payer, maxFee, shortfall, limit, free, capLeft, channelId: channel.book.channelId },
        lastVoucher: channel.book.voucher ? voucherJson(channel.book.voucher) : null,
        lastReceipt: channel.book.lastReceipt ? receiptJson(channel.book.lastReceipt) : null,
        topUp: {
          ...{ method: 'POST', url: '/v1/sessions', chainId: treasury.chainId },
          ...{ controller: treasury.controller, usdc: treasury.usdc },
        },
      },
    })
    this.shortfall = shortfall
  }
}
