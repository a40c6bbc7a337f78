import { Bytes, ethereum } from '@graphprotocol/graph-ts'

/** "<transaction hash>-<log index>". */
export function idOf(event: ethereum.Event): string {
  return event.transaction.hash.toHexString() + '-' + event.logIndex.toString()
}

const nothing = Bytes.fromHexString('0x0000000000000000000000000000000000000000000000000000000000000000')

/** A root, or null for the zero root. */
export function rootOrNull(root: Bytes): Bytes | null {
  return root.equals(nothing) ? null : root
}
