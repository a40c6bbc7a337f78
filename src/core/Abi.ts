import { concat, fromBigInt, fromHex, type Hex, utf8 } from './Bytes.ts'

/** One argument of `encode`. */
export type Item =
  | { type: 'address' | 'bytes32' | 'bytes'; value: Hex }
  | { type: 'string'; value: string }
  | { type: 'uint'; value: bigint | number }

/** `abi.encode` of the Solidity ABI for the few types our leaves and ids use; `uint` stands for every width. */
export function encode(items: readonly Item[]): Uint8Array {
  const heads: Uint8Array[] = []
  const tails: Uint8Array[] = []
  let tailAt = items.length * 32
  for (const item of items) {
    if (item.type !== 'bytes' && item.type !== 'string') {
      heads.push(word(item))
      continue
    }
    const tail = dynamic(item.type === 'string' ? utf8(item.value) : fromHex(item.value))
    heads.push(fromBigInt(BigInt(tailAt), 32))
    tails.push(tail)
    tailAt += tail.length
  }
  return concat(...heads, ...tails)
}

function word(item: Exclude<Item, { type: 'string' }>): Uint8Array {
  if (item.type === 'uint') return fromBigInt(BigInt(item.value), 32)
  const padded = new Uint8Array(32)
  const bytes = fromHex(item.value)
  padded.set(bytes, item.type === 'address' ? 32 - bytes.length : 0)
  return padded
}

function dynamic(bytes: Uint8Array): Uint8Array {
  const encoded = new Uint8Array(32 + Math.ceil(bytes.length / 32) * 32)
  encoded.set(fromBigInt(BigInt(bytes.length), 32))
  encoded.set(bytes, 32)
  return encoded
}
