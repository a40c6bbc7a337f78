import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UnixFs } from '../core/index.ts'
import { LeafIndex } from './LeafIndex.ts'
import * as Sidecar from './Sidecar.ts'

function sidecarOf(leaves: Uint8Array[]): Sidecar.Sidecar {
  const size = leaves.length * UnixFs.chunkSize
  const dag = UnixFs.fileDag(leaves.map((digest) => ({ digest, size: UnixFs.chunkSize })))
  return Sidecar.decode(Sidecar.encode({ size, sha256: randomBytes(32), leaves, nodes: dag.nodes }))!
}

describe('LeafIndex', () => {
  test('behavior: finds every chunk and node of many files, and forgets removed ones', () => {
    const index = new LeafIndex()
    const files = Array.from({ length: 60 }, (_, i) =>
      sidecarOf(Array.from({ length: i * 5 + 2 }, () => randomBytes(32))),
    )
    for (const file of files) index.add(file)
    for (const file of files) {
      for (let position = 0; position < file.digests.length / 32; position++) {
        const digest = file.digests.subarray(position * 32, position * 32 + 32)
        expect(index.find(digest)).toEqual([{ sidecar: file, position }])
      }
    }
    index.remove(files[3]!.cid)
    expect(index.find(files[3]!.digests.subarray(0, 32))).toEqual([])
    expect(index.find(randomBytes(32))).toEqual([])
  })

  test('behavior: a hundred thousand equal chunks take one place', () => {
    const index = new LeafIndex()
    const zero = createHash('sha256').update(Buffer.alloc(UnixFs.chunkSize)).digest()
    index.add(sidecarOf(Array.from({ length: 100_000 }, () => zero)))
    const second = sidecarOf([zero, randomBytes(32)])
    index.add(second)
    index.add(second)
    expect(index.find(zero)).toHaveLength(2)
  })
})

describe('Sidecar', () => {
  test('error: no damaged sidecar is ever taken for whole', () => {
    const leaves = Array.from({ length: 5 }, () => randomBytes(32))
    const dag = UnixFs.fileDag(leaves.map((digest) => ({ digest, size: UnixFs.chunkSize })))
    const file = Sidecar.encode({ size: 5 << 20, sha256: randomBytes(32), leaves, nodes: dag.nodes })
    expect(Sidecar.decode(file)?.cid).toBe(dag.root)
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(file)
        damaged[at] = damaged[at]! ^ flip
        expect(Sidecar.decode(damaged)).toBeUndefined()
        expect(Sidecar.decode(file.subarray(0, at))).toBeUndefined()
      }),
    )
  })
})
