import { fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, truncate } from 'node:fs/promises'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { UnixFs } from '../../core/index.ts'
import { DiskStore, fetchVerified, gatewayPlugin, InvalidSource, SourcesExhausted, verifyFile } from '../index.ts'

const MiB = 1 << 20
let dir: string
let origin: DiskStore
let app: FastifyInstance
let good: string
let bytes: Buffer
let cid: string
const servers: http.Server[] = []

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fetch-'))
  origin = await DiskStore.open({ dir: join(dir, 'origin') })
  app = Fastify({ forceCloseConnections: true })
  await app.register(gatewayPlugin(origin))
  good = await app.listen({ port: 0, host: '127.0.0.1' })
  bytes = randomBytes(21 * MiB + 12_345)
  cid = (await origin.put(bytes)).cid
})
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})
afterAll(async () => {
  await app.close()
  await origin.close()
  await rm(dir, { recursive: true })
})

let counter = 0
const target = () => join(dir, `out-${counter++}`)

async function server(handler: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
  const created = http.createServer(handler)
  servers.push(created)
  created.listen(0, '127.0.0.1')
  await once(created, 'listening')
  return `http://127.0.0.1:${(created.address() as AddressInfo).port}`
}

/** A source in front of the good one that does something to each piece of each answer. */
const proxy = (change: (piece: Buffer, at: number, response: ServerResponse) => Buffer | undefined) =>
  server((request, response) => {
    const upstream = http.get(`${good}${request.url}`, { headers: request.headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      let at = 0
      answer.on('data', (piece: Buffer) => {
        const changed = change(piece, at, response)
        at += piece.length
        if (changed && !response.destroyed) response.write(changed)
      })
      answer.on('end', () => response.end())
      answer.on('error', () => response.destroy())
    })
    response.on('close', () => upstream.destroy())
    upstream.on('error', () => response.destroy())
  })

const liar = () =>
  proxy((piece, at) => (at > 2 * MiB ? Buffer.from(piece.map((byte, i) => (i === 0 ? byte ^ 1 : byte))) : piece))
const truncating = () => proxy((piece, at, response) => (at > 1.5 * MiB ? void response.destroy() : piece))
const late = (ms: number) =>
  server((request, response) => {
    setTimeout(() => {
      http.get(`${good}${request.url}`, { headers: request.headers, agent: false }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers)
        answer.pipe(response)
      })
    }, ms)
  })
const dead = 'http://127.0.0.1:9'
const expectWhole = async (path: string) => expect((await readFile(path)).equals(bytes)).toBe(true)

describe('fetchVerified', () => {
  test('behavior: a file from one source to a path, with progress and stats', async () => {
    const to = target()
    const seen: number[] = []
    const fetched = await fetchVerified(cid, {
      sources: [good],
      to,
      onProgress: (done, total) => seen.push(done, total),
    })
    await expectWhole(to)
    expect(fetched).toMatchObject({ cid, bytes: bytes.length, sources: [{ url: good, failures: 0, banned: false }] })
    expect(fetched.sources[0]!.bytes).toBeGreaterThan(bytes.length)
    expect(seen.slice(-2)).toEqual([bytes.length, bytes.length])
    expect((await verifyFile(to, cid)).size).toBe(bytes.length)
    expect((await readdir(dir)).filter((name) => name.includes('.part'))).toEqual([])
  })

  test('behavior: a file into a store, visible there with its SHA-256', async () => {
    await using store = await DiskStore.open({ dir: target() })
    await fetchVerified(cid, { sources: [good], to: store })
    expect(await store.stat(cid)).toEqual(await origin.stat(cid))
    expect(await readdir(store.partialDir)).toEqual([])
  })

  test('behavior: small and empty files, directories and sharded directories', async () => {
    const small = (await origin.put(Buffer.from('hi'))).cid
    const empty = (await origin.put(new Uint8Array())).cid
    const folder = await origin.putDirectory([
      { path: 'a/b/large.bin', cid },
      { path: 'a/small', cid: small },
      { path: 'empty', cid: empty },
    ])
    const to = target()
    await fetchVerified(folder.cid, { sources: [good], to })
    await expectWhole(join(to, 'a/b/large.bin'))
    expect(await readFile(join(to, 'a/small'), 'utf8')).toBe('hi')
    expect((await stat(join(to, 'empty'))).size).toBe(0)

    const files = Array.from({ length: 2600 }, (_, i) => ({ path: `${'y'.repeat(80)}${i}`, cid: small }))
    const sharded = await origin.putDirectory(files)
    await using store = await DiskStore.open({ dir: target() })
    await fetchVerified(sharded.cid, { sources: [good], to: store })
    expect(UnixFs.parseNode(await store.block(sharded.cid)).type).toBe('shard')
    expect((await store.putDirectory(files)).cid).toBe(sharded.cid)
  })

  test('behavior: lying, truncating, late and dead sources next to a good one: the bytes are right, the liar is banned', async () => {
    const sources = [await liar(), await truncating(), await late(400), dead, good]
    const to = target()
    const fetched = await fetchVerified(cid, { sources, to, windowBytes: 4 * MiB })
    await expectWhole(to)
    const [lying, , , unreachable] = fetched.sources
    expect(lying).toMatchObject({
      banned: true,
      lastFailure: expect.stringMatching(/^sent wrong bytes for (chunk|block)/),
    })
    expect(unreachable).toMatchObject({ bytes: 0, lastFailure: expect.stringContaining('ECONNREFUSED') })
  })

  test('behavior: a silent source is overtaken by another', async () => {
    const silent = await server(() => {})
    const to = target()
    const fetched = await fetchVerified(cid, { sources: [silent, good], to, hedgeMs: 50 })
    await expectWhole(to)
    expect(fetched.sources[1]!.bytes).toBeGreaterThan(bytes.length)
  })

  test('behavior: a source that drips is overtaken by another', async () => {
    const dripping = await server((_, response) => {
      response.writeHead(206, { 'content-range': `bytes 0-${bytes.length - 1}/${bytes.length}` })
      const timer = setInterval(() => response.write('.'), 20)
      response.on('close', () => clearInterval(timer))
    })
    const to = target()
    await fetchVerified(cid, { sources: [dripping, good], to, hedgeMs: 50 })
    await expectWhole(to)
  })

  test('behavior: sources without ranges are asked block by block', async () => {
    const blocksOnly = await server((request, response) => {
      if (!request.url!.includes('format=raw')) return response.writeHead(406).end()
      http.get(`${good}${request.url}`, { agent: false }, (answer) => {
        response.writeHead(answer.statusCode!)
        answer.pipe(response)
      })
    })
    const to = target()
    await fetchVerified(cid, { sources: [blocksOnly], to })
    await expectWhole(to)
  })

  test('behavior: a source that only ever truncates still gets it done, chunk by chunk', async () => {
    const to = target()
    await fetchVerified(cid, { sources: [await truncating()], to })
    await expectWhole(to)
  })

  test('behavior: a source that is busy is asked again when it says', async () => {
    let refused = 0
    const busy = await server((request, response) => {
      if (refused++ < 2) return response.writeHead(503, { 'retry-after': '0.01' }).end()
      http.get(`${good}${request.url}`, { headers: request.headers, agent: false }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers)
        answer.pipe(response)
      })
    })
    const to = target()
    await fetchVerified(cid, { sources: [busy], to })
    await expectWhole(to)
  })

  test('behavior: random bit flips anywhere never succeed with a wrong byte', async () => {
    const small = randomBytes(3 * MiB + 7)
    const stored = await origin.put(small)
    await fc.assert(
      fc.asyncProperty(fc.nat(small.length - 1), fc.integer({ min: 1, max: 255 }), async (flipAt, flip) => {
        const flipping = await proxy((piece, at) => {
          if (flipAt < at || flipAt >= at + piece.length) return piece
          const changed = Buffer.from(piece)
          changed[flipAt - at] = changed[flipAt - at]! ^ flip
          return changed
        })
        const to = target()
        await expect(fetchVerified(stored.cid, { sources: [flipping], to, hedgeMs: 5000 })).rejects.toThrow(
          SourcesExhausted,
        )
        await expect(stat(to)).rejects.toThrow('ENOENT')
        await fetchVerified(stored.cid, { sources: [flipping, good], to })
        expect((await readFile(to)).equals(small)).toBe(true)
      }),
      {
        numRuns: 15,
        examples: [
          [0, 1],
          [small.length - 1, 1],
          [5, 255],
        ],
      },
    )
  })

  test('behavior: a source that answers anything at all never harms', async () => {
    const small = randomBytes(2 * MiB + 1)
    const stored = await origin.put(small)
    const answer = fc.record({
      status: fc.constantFrom(200, 200, 206, 206, 206, 204, 301, 400, 404, 416, 429, 500, 503),
      range: fc.oneof(
        fc.constantFrom(
          `bytes 0-${small.length - 1}/${small.length}`,
          `bytes 0-5/${small.length}`,
          'bytes */0',
          '',
          'x',
        ),
        fc.stringMatching(/^[ -~]{0,30}$/),
      ),
      body: fc.oneof(
        fc.uint8Array({ maxLength: 3000 }),
        fc.constant(new Uint8Array(small)),
        fc.constant(new Uint8Array(5 * MiB)),
      ),
      cut: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 5 }), fc.boolean(), async (answers, honestNodes) => {
        let turn = 0
        const odd = await server((request, response) => {
          if (honestNodes && request.url!.includes('format=raw')) {
            http.get(`${good}${request.url}`, { agent: false }, (from) => from.pipe(response))
            return
          }
          const { status, range, body, cut } = answers[turn++ % answers.length]!
          response.writeHead(status, { 'content-range': range })
          response.write(body, () => (cut ? response.destroy() : response.end()))
        })
        const to = target()
        await fetchVerified(stored.cid, { sources: [odd, good], to, hedgeMs: 50 })
        expect((await readFile(to)).equals(small)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('error: a file of another profile cannot go into a store, but to a path', async () => {
    const leaves = [randomBytes(1000), randomBytes(2000)]
    for (const one of leaves) await origin.put(one)
    const digests = leaves.map((one) => ({ digest: createHash('sha256').update(one).digest(), size: one.length }))
    const dag = UnixFs.fileDag(digests)
    const foreign = await server((request, response) => {
      if (request.url === `/ipfs/${dag.root}?format=raw`) return response.end(dag.nodes[0]!.bytes)
      if (request.url === `/ipfs/${dag.root}`) return response.writeHead(406).end()
      http.get(`${good}${request.url}`, { agent: false }, (from) => from.pipe(response))
    })
    const to = target()
    await fetchVerified(dag.root, { sources: [foreign], to })
    expect((await readFile(to)).equals(Buffer.concat(leaves))).toBe(true)
    await using store = await DiskStore.open({ dir: target() })
    await expect(fetchVerified(dag.root, { sources: [foreign], to: store })).rejects.toThrow(
      'was not imported with the profile',
    )
  })

  test('error: no source left names what each did wrong', async () => {
    const none = await server((_, response) => response.writeHead(404).end())
    const failure = await fetchVerified(cid, {
      sources: [none, dead, await server((_, response) => response.end('x'))],
      to: target(),
    }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(SourcesExhausted)
    expect((failure as SourcesExhausted).message).toMatch(
      new RegExp(
        `^No source could deliver ${cid}: ${none} answered with status 404; ${dead} .*ECONNREFUSED.*; http.* sent wrong bytes for block ${cid}.$`,
      ),
    )
    expect((failure as SourcesExhausted).exitCode).toBe(3)
  })

  test('error: sources that are no gateways, unsafe names in a directory', async () => {
    for (const sources of [[], ['ftp://x'], ['nonsense'], ['http://x/?q']]) {
      await expect(fetchVerified(cid, { sources, to: target() })).rejects.toThrow(InvalidSource)
    }
    const entries = [{ name: 'aux.txt', cid, dagSize: 1 }]
    const hostile = await origin.putNode(UnixFs.directoryDag(entries).nodes[0]!.bytes)
    await expect(fetchVerified(hostile, { sources: [good], to: target() })).rejects.toThrow(/aux/)
  })

  test('behavior: after an abort the next call fetches only what is missing', async () => {
    const to = target()
    const stop = new AbortController()
    const onProgress = (done: number) => {
      if (done > 8 * MiB) stop.abort(new Error('cut'))
    }
    const options = { sources: [good], to, parallel: 1, windowBytes: 2 * MiB }
    await expect(fetchVerified(cid, { ...options, onProgress, signal: stop.signal })).rejects.toThrow('cut')
    const resumed = await fetchVerified(cid, options)
    await expectWhole(to)
    expect(resumed.sources[0]!.bytes).toBeLessThan(bytes.length - 7 * MiB)
  })

  test('behavior: what was damaged between two calls is fetched again', async () => {
    const to = target()
    const stop = new AbortController()
    const options = { sources: [good], to, parallel: 1, windowBytes: 2 * MiB }
    const onProgress = (done: number) => {
      if (done > 8 * MiB) stop.abort(new Error('cut'))
    }
    await expect(fetchVerified(cid, { ...options, onProgress, signal: stop.signal })).rejects.toThrow('cut')
    await truncate(`${to}.part`, 3 * MiB + 5)
    await fetchVerified(cid, options)
    await expectWhole(to)
  })

  test('behavior: kill -9 in the middle, then a new process goes on', async () => {
    const to = target()
    const slowly = await proxy((piece, at, response) => {
      if (at < 6 * MiB) return piece
      response.socket?.pause()
      return undefined
    })
    const code = `import('${new URL('../index.ts', import.meta.url)}').then(({ fetchVerified }) =>
      fetchVerified('${cid}', { sources: ['${slowly}'], to: ${JSON.stringify(to)}, parallel: 1,
        onProgress: (done) => done >= 5 * ${MiB} && process.send('halfway') }))`
    const child = fork('-e', [code], {
      execArgv: ['--import', 'tsx', '--input-type=module'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    await once(child, 'message')
    child.kill('SIGKILL')
    await once(child, 'exit')
    await expect(stat(to)).rejects.toThrow('ENOENT')
    const resumed = await fetchVerified(cid, { sources: [good], to })
    await expectWhole(to)
    expect(resumed.sources[0]!.bytes).toBeLessThan(bytes.length - 4 * MiB)
  })

  test('behavior: two fetches of one file into one store at the same time', async () => {
    await using store = await DiskStore.open({ dir: target() })
    await Promise.all([1, 2, 3].map(() => fetchVerified(cid, { sources: [good], to: store })))
    expect((await store.stat(cid)).sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
    expect(await readdir(store.partialDir)).toEqual([])
  })
})
