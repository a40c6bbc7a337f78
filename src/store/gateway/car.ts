import { Cid } from '../../core/index.ts'
import type { Block } from './Dag.ts'

/** The identity CID of no bytes, by which clients probe for a trustless gateway. */
export const probeCid = 'bafkqaaa'
const probeBytes = Uint8Array.of(1, 0x55, 0, 0)

/** A CAR version 1 with one root. With `dups` a block that occurs again is sent again. Source: https://ipld.io/specs/transport/car/carv1/ */
export async function* carOf(
  root: Cid.Cid,
  blocks: AsyncIterable<Block>,
  { dups }: { dups: boolean },
): AsyncGenerator<Uint8Array> {
  yield header(Cid.bytes(root))
  const sent = new Set<string>()
  for await (const { cid, bytes } of blocks) {
    if (!dups) {
      const key = Buffer.from(cid.digest).toString('latin1')
      if (sent.has(key)) continue
      sent.add(key)
    }
    yield Buffer.concat([varint(Cid.byteLength + bytes.length), Cid.bytes(cid)])
    yield bytes
  }
}

/** The answer to a CAR request for {@link probeCid}. */
export function probeCar(): Uint8Array {
  return header(probeBytes)
}

/** DAG-CBOR of {"roots": [CID], "version": 1}, with its length. */
function header(cid: Uint8Array): Uint8Array {
  const text = (word: string) => Buffer.concat([Buffer.of(0x60 | word.length), Buffer.from(word)])
  const length = cid.length + 1
  const bytes = length < 24 ? Buffer.of(0x40 | length) : Buffer.of(0x58, length)
  const link = Buffer.concat([Buffer.of(0xd8, 0x2a), bytes, Buffer.of(0), cid])
  const map = Buffer.concat([Buffer.of(0xa2), text('roots'), Buffer.of(0x81), link, text('version'), Buffer.of(1)])
  return Buffer.concat([varint(map.length), map])
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128)
  return Buffer.from([...bytes, rest])
}
