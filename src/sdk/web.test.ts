import { readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { digestBlob } from './digest-blob.ts'
import { digestBytes } from './digest-bytes.ts'

const root = resolve(import.meta.dirname, '../..')

/** All our files that a bundle of this one would hold, with what they import. */
function reachable(start: string): Map<string, string[]> {
  const seen = new Map<string, string[]>()
  const visit = (path: string) => {
    if (seen.has(path)) return
    const text = readFileSync(path, 'utf8')
    const values = text.replace(/^(import|export) type [^;]*? from '[^']+'$/gm, '')
    const imports = [...values.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, to]) => to as string)
    seen.set(path, imports)
    for (const to of imports) if (to.startsWith('.')) visit(resolve(dirname(path), to))
  }
  visit(start)
  return seen
}

test('behavior: the part for browsers needs nothing of Node', () => {
  const files = reachable(resolve(import.meta.dirname, 'web.ts'))
  const worldly = [...files].filter(
    ([path, imports]) => imports.some((to) => to.startsWith('node:')) || /\bprocess\./.test(readFileSync(path, 'utf8')),
  )
  expect(files.size).toBeGreaterThan(20)
  expect(worldly.map(([path]) => relative(root, path))).toEqual([])
})

test.each([0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 9 * (1 << 20) + 7])(
  'behavior: digests of a file of %i bytes are the same in pieces and at once',
  async (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, i) => i * 31)
    const seen: number[] = []
    const { size: found, ...digests } = await digestBlob(new Blob([bytes]), { onBytes: (done) => seen.push(done) })
    expect(digests).toEqual(digestBytes(bytes))
    expect(found).toBe(size)
    expect(seen.at(-1) ?? 0).toBe(size)
  },
)

test('behavior: browsers whose streams read no bytes into given memory get the same digests', async () => {
  class Plain extends Blob {
    override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
      return new ReadableStream()
    }
  }
  const bytes = Uint8Array.from({ length: 2 ** 20 + 5 }, (_, i) => i * 31)
  expect(await digestBlob(new Plain([bytes]))).toMatchObject(digestBytes(bytes))
})

test('behavior: a digest can be given up', async () => {
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(digestBlob(new Blob(['x']), { signal })).rejects.toThrow('enough')
})
