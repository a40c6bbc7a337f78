import { Receipt, type Recover, Voucher } from '../core/index.ts'
import * as Book from './Book.ts'
import type { Channel } from './Channel.ts'
import { Falsehood } from './Falsehood.ts'
import type { ProviderClient } from './ProviderClient.ts'
import { isSignedBy } from './ReceiptCheck.ts'
import type { Treasury } from './Treasury.ts'

/**
 * Takes over the last voucher and receipt that the provider shows, once their signatures are ours and the provider's.
 * Throws `Book.Contradiction`, `ForgedReceipt`, `ForgedVoucher`.
 */
export async function recover(parts: Parts, channel: Channel): Promise<void> {
  const shown = await ask(parts, channel)
  if (shown) Book.adopt(channel.book, shown)
}

/** The same for a book that is in use. */
export async function compare(parts: Parts, channel: Channel): Promise<void> {
  const shown = await ask(parts, channel)
  if (shown) Book.compare(channel.book, shown)
}

/** Whether the provider can show a voucher of ours that this book does not know. */
export async function findVoucher(parts: Parts, channel: Channel): Promise<boolean> {
  const shown = await ask(parts, channel)
  return shown?.voucher !== undefined && Book.adoptVoucher(channel.book, shown.voucher)
}

type Parts = { client: ProviderClient; treasury: Treasury; recover: Recover }

/** What the provider shows of a channel; undefined when it does not know it. */
async function ask(
  { client, treasury, recover: recoverSigner }: Parts,
  channel: Channel,
): Promise<Book.Recovered | undefined> {
  const { book } = channel
  const shown = await client.channel(channel.url, book.channelId)
  if (!shown) return undefined
  const { lastVoucher, lastReceipt } = shown
  if (lastVoucher) {
    const { voucher, signature } = lastVoucher
    const signer = recoverSigner(Voucher.digest(treasury.separator, voucher), signature)
    if (signer !== channel.key || voucher.channelId !== book.channelId) throw new ForgedVoucher(voucher)
  }
  const receipt = lastReceipt ?? undefined
  if (receipt && !isReceiptOf(channel, treasury, receipt, recoverSigner)) {
    throw new ForgedReceipt(receipt)
  }
  return { voucher: lastVoucher ?? undefined, receipt, reserved: shown.reserved }
}

const isReceiptOf = (
  { provider, book }: Channel,
  { separator }: Treasury,
  { receipt, signature }: Book.SignedReceipt,
  recoverSigner: Recover,
): boolean => receipt.channelId === book.channelId && isSignedBy(provider, separator, receipt, signature, recoverSigner)

/** The provider shows a voucher that the session key never signed. */
export class ForgedVoucher extends Falsehood {
  constructor(voucher: Voucher.Voucher) {
    super('The provider shows a voucher that this API key did not sign.', {
      isSigned: false,
      code: 'forged_voucher',
      details: { voucher: Voucher.serialize(voucher) },
    })
  }
}

/** The receipt shown for a channel is of another one, or its provider never signed it. */
export class ForgedReceipt extends Falsehood {
  constructor({ receipt, signature }: Book.SignedReceipt) {
    super('The provider shows a receipt of this channel that it did not sign.', {
      isSigned: false,
      code: 'forged_receipt',
      details: { receipt: Receipt.serialize(receipt), signature },
    })
  }
}
