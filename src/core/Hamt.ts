/**
 * The hash side of UnixFS sharded directories: a trie of 256 slots per node, keyed by murmur3-x64-64 of the name.
 * Source: https://specs.ipfs.tech/unixfs/#dag-pb-hamtdirectory
 */

/** Slots of one shard node. */
export const fanout = 256

/** Multicodec of the name hash, as written into each shard node. */
export const hashCode = 0x22

/** The eight slot numbers a name walks through, from the root down. */
export function slots(name: string): Uint8Array {
  const key = new TextEncoder().encode(name)
  const hash = new Uint8Array(8)
  new DataView(hash.buffer).setBigUint64(0, murmur3(key))
  return hash
}

/** Two upper-case hex digits: what a link in a shard node is prefixed with. */
export function prefix(slot: number): string {
  return slot.toString(16).toUpperCase().padStart(2, '0')
}

/** The bit field of the occupied slots, big-endian without leading zeros. */
export function bitField(occupied: Iterable<number>): Uint8Array {
  const bits = new Uint8Array(fanout / 8)
  for (const slot of occupied) {
    const byte = bits.length - 1 - (slot >> 3)
    bits[byte] = bits[byte]! | (1 << (slot & 7))
  }
  return bits.subarray(bits.findIndex((byte) => byte !== 0))
}

const c1 = 0x87c37b91114253d5n
const c2 = 0x4cf5ad432745937fn

/** First 64 bits of MurmurHash3 x64-128 with seed 0. Source: github.com/aappleby/smhasher (public domain). */
function murmur3(key: Uint8Array): bigint {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
  const whole = key.length - (key.length % 16)
  let h1 = 0n
  let h2 = 0n
  for (let at = 0; at < whole; at += 16) {
    h1 ^= mix(view.getBigUint64(at, true), c1, 31n, c2)
    h1 = u64((rotate(h1, 27n) + h2) * 5n + 0x52dce729n)
    h2 ^= mix(view.getBigUint64(at + 8, true), c2, 33n, c1)
    h2 = u64((rotate(h2, 31n) + h1) * 5n + 0x38495ab5n)
  }
  h1 ^= mix(littleEndian(key.subarray(whole, Math.min(whole + 8, key.length))), c1, 31n, c2)
  h2 ^= mix(littleEndian(key.subarray(Math.min(whole + 8, key.length))), c2, 33n, c1)
  h1 ^= BigInt(key.length)
  h2 ^= BigInt(key.length)
  h1 = u64(h1 + h2)
  h2 = u64(h2 + h1)
  return u64(avalanche(h1) + avalanche(h2))
}

function u64(x: bigint): bigint {
  return BigInt.asUintN(64, x)
}

function rotate(x: bigint, by: bigint): bigint {
  return u64((x << by) | (x >> (64n - by)))
}

function mix(k: bigint, first: bigint, by: bigint, second: bigint): bigint {
  return u64(rotate(u64(k * first), by) * second)
}

function avalanche(x: bigint): bigint {
  let k = x ^ (x >> 33n)
  k = u64(k * 0xff51afd7ed558ccdn)
  k ^= k >> 33n
  k = u64(k * 0xc4ceb9fe1a85ec53n)
  return k ^ (k >> 33n)
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
}
