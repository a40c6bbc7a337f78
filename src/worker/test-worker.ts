import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import {
  Bytes,
  type EngineRequest,
  Hash,
  type Hex,
  Job,
  Manifest,
  Offer,
  Price,
  RepoId,
  Voucher,
} from '../core/index.ts'
import type { EngineOptions } from '../engine/index.ts'
import { mintModel, signerOf, type TestNetwork, type TestSession } from '../settle/test-network.ts'
import { hex32 } from '../settle/testing.ts'
import { DiskStore, gatewayPlugin } from '../store/index.ts'
import { ProviderWire } from '../wire/index.ts'
import { readConfig, start, type WorkerParts } from './index.ts'

const fixtures = join(import.meta.dirname, '../../fixtures')

/** A store that serves over HTTP, as the origin does. */
export async function testSource() {
  const dir = await mkdtemp(join(tmpdir(), 'dehug-source-'))
  const store = await DiskStore.open({ dir })
  const app = Fastify()
  await app.register(gatewayPlugin(store))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const stop = async () => {
    await app.close()
    await store[Symbol.asyncDispose]()
    await rm(dir, { recursive: true, force: true })
  }
  return { store, url, stop }
}

export type TestSource = Awaited<ReturnType<typeof testSource>>

/** Stores a fixture and anchors it; returns its id and root. */
export async function publishFixture(network: TestNetwork, source: TestSource, fixture: string, repo: string) {
  const folder = join(fixtures, fixture)
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter(
      (entry) => entry.isFile() && !/\.(gguf|safetensors)$|EXPECTED|samples/.test(join(entry.parentPath, entry.name)),
    )
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
  const files: Manifest.File[] = []
  for (const path of names) {
    const { cid, sha256, size } = await source.store.put(createReadStream(join(folder, path)))
    files.push({ path, size, sha256, cid })
  }
  const manifest = Manifest.from({
    repo: RepoId.parse(repo),
    commit: '0'.repeat(40),
    files,
    license: { id: 'apache-2.0' },
    author: signerOf('dehug').address,
    createdAt: 1_800_000_000_000,
  })
  const text = Manifest.serialize(manifest)
  await source.store.put(Bytes.utf8(text))
  const root = manifest.root as Hex
  const modelId = await mintModel(network, repo, { root, manifest: text, fileCount: files.length })
  return { modelId, root, manifest }
}

/** A worker with a store of its own. */
export async function testWorker(
  network: TestNetwork,
  options: {
    databaseUrl: string
    source: TestSource
    models: object[]
    providerKey: Hex
    more?: object
    parts?: Partial<WorkerParts>
  },
) {
  const dir = await mkdtemp(join(tmpdir(), 'dehug-worker-'))
  await mkdir(join(dir, 'models'))
  const config = readConfig(
    {
      databaseUrl: options.databaseUrl,
      rpcUrl: network.dev.rpcUrl,
      deployment: join(network.home, 'deployment.json'),
      providerKey: options.providerKey,
      storeDir: join(dir, 'store'),
      modelsDir: join(dir, 'models'),
      sources: [options.source.url],
      models: options.models,
      logLevel: 'silent',
      ...options.more,
    },
    {},
  )
  const worker = await start(config, options.parts)
  return {
    worker,
    config,
    dir,
    stop: async () => {
      await worker[Symbol.asyncDispose]()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

export type StartEngine = (options: EngineOptions) => ReturnType<WorkerParts['startEngine']>

/** Waits until the worker offers a model. */
export async function offerOf(url: string, repo: string): Promise<ProviderWire.SignedOffer> {
  for (;;) {
    const { offers } = ProviderWire.Offers.parse(await (await fetch(`${url}/offers`)).json())
    const found = offers.find((offer) => offer.repo === repo)
    if (found) return found
    await new Promise((resume) => setTimeout(resume, 100))
  }
}

/** What a gateway remembers of one channel. */
export type Lane = { channelId: Hex; session: TestSession; n: bigint; ceiling: bigint }

export type Ask = {
  request: EngineRequest.EngineRequest | object
  key: string
  stream?: boolean
  maxIn?: bigint
  maxOut?: bigint
  maxMs?: bigint
  salt?: Hex
}

/** A job as a gateway sends it; raises the lane's ceiling by the quote. */
export function jobBody(
  network: TestNetwork,
  lane: Lane,
  { offer }: ProviderWire.SignedOffer,
  ask: Ask,
): ProviderWire.JobBody {
  const payer = lane.session.payer.address
  const { maxIn = 100n, maxOut = 64n, maxMs = 60_000n } = ask
  const jobId = Job.id(payer, ask.key)
  const salt = ask.salt ?? hex32(5)
  const offerHash = Offer.structHash(offer)
  lane.n += 1n
  lane.ceiling += Price.fee(offer, { in: maxIn, out: maxOut, ms: maxMs })
  const context = Job.context(jobId, offerHash, Job.requestHash(salt, ask.request))
  const voucher = { channelId: lane.channelId, n: lane.n, ceiling: lane.ceiling, context }
  return {
    channelId: lane.channelId,
    jobId,
    keyHash: Hash.keccak256(Bytes.utf8(ask.key)),
    payer,
    voucher,
    voucherSignature: sign(network, lane, voucher),
    offerHash,
    request: ask.request as Record<string, unknown>,
    salt,
    maxIn,
    maxOut,
    maxMs,
    stream: ask.stream ?? false,
  }
}

export const sign = (network: TestNetwork, lane: Lane, voucher: Voucher.Voucher): Hex =>
  lane.session.key.sign(Voucher.digest(network.usage, voucher))

export const post = (url: string, body: unknown, signal?: AbortSignal) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: ProviderWire.toJson(body),
    ...(signal && { signal }),
  })

/** Sends a job and reads its result; a refusal is thrown as the problem it is. */
export async function run(url: string, body: ProviderWire.JobBody): Promise<ProviderWire.JobResult> {
  const response = await post(`${url}/jobs`, body)
  const json = await response.json()
  if (!response.ok) throw Object.assign(new Error(json.detail), json)
  return ProviderWire.JobResult.parse(json)
}

export type Event = { event: string; data: Record<string, unknown> }

/** Reads server-sent events. */
export async function* events(response: Response): AsyncGenerator<Event> {
  let buffer = ''
  for await (const chunk of response.body as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>) {
    buffer += Buffer.from(chunk).toString('utf8')
    for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
      const lines = buffer.slice(0, end).split('\n')
      buffer = buffer.slice(end + 2)
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? ''
      yield { event: field('event'), data: JSON.parse(field('data')) }
    }
  }
}
