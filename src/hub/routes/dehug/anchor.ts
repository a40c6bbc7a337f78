import { randomUUID } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { ImportSource, type Repo, Version } from '../../../catalog/index.ts'
import { Calls, type Chain, type Relayer } from '../../../chain/index.ts'
import { Bytes, DehugError, type Hex, type Manifest, NotFound, RepoId, Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import * as Anchoring from '../../Anchoring.ts'
import type { HubContext } from '../../context.ts'
import { NoChain } from '../../errors.ts'
import { mapParallel } from '../../map-parallel.ts'
import { assertWritable, findReadable, type Route, requireHolder } from '../../request.ts'

type Job = {
  chain: Chain.Chain
  relayer: Relayer.Relayer
  repo: Repo.Repo
  manifest: Manifest.Manifest
  cid: string
  modelId: bigint
  message: Anchoring.Message
  signature: Hex
  account: string
}

/** Manifests are large, so who sends one is known before it is read. */
const largeBody = {
  bodyLimit: 80 * 2 ** 20,
  onRequest: async (request: FastifyRequest) => {
    requireHolder(request)
  },
}

/** Checks a manifest against the repository, keeps its bytes for ever, and has the relayer put its root on chain. */
export const anchor: Route = (app, context) => {
  app.post('/api/dehug/anchor', largeBody, async (request): Promise<HubWire.Anchored> => {
    const body = Struct.parseWith(HubWire.Anchor, request.body, 'request to anchor')
    const { type, ...id } = RepoId.parse(body.repo)
    const repo = await findReadable(context, request, type, RepoId.format({ type, ...id }))
    const { user } = await assertWritable(context, request, repo)
    const { chain, relayer } = context
    if (!chain || !relayer) throw new NoChain()
    const message = (body.mint ? { mint: body.mint } : { publish: body.publish }) as Anchoring.Message
    const { manifest, cid } = await Anchoring.check(context, repo, body.manifest, message)
    const modelId = (await chain.resolve(manifest.repo)) ?? RepoId.modelId(RepoId.parse(manifest.repo))
    const signature = body.signature as Hex
    const job: Job = { chain, relayer, repo, manifest, cid, modelId, message, signature, account: user.id }
    const tx = await bringOnChain(context, job, body.manifest)
    return { manifestCid: cid, root: manifest.root, tx, tokenId: modelId.toString() }
  })
}

/** The same version sent again, after an answer that was lost, is done already. */
const isAnchored = async ({ chain, modelId, manifest, message }: Job): Promise<boolean> => {
  const version = await missingAsUndefined(chain.version(modelId, manifest.root as Hex))
  const signed = message.publish ?? message.mint
  return version?.manifestCid === signed.manifestCid
}

const missingAsUndefined = <T>(read: Promise<T>): Promise<T | undefined> =>
  read.catch((error) => {
    if (error instanceof NotFound) return undefined
    throw error
  })

const bringOnChain = async (context: HubContext, job: Job, text: string): Promise<Hex | null> => {
  const { chain, manifest, modelId, message } = job
  const already = await isAnchored(job)
  if (!already) Anchoring.assertFollowsHead((await missingAsUndefined(chain.model(modelId)))?.head, message)
  const pin = await keep(context, job, text)
  try {
    const tx = already ? null : await send(job)
    await record(context, job)
    await Version.anchored(context.catalog.db, job.repo.id, manifest.root, tx, context.clock())
    await ImportSource.set(context.catalog.db, job.repo.id, manifest.source ?? null)
    return tx
  } catch (error) {
    // Only a definite refusal is undone; after anything else the transaction may still be mined.
    if (error instanceof DehugError && error.status < 500 && !error.details?.hash && !(await isAnchored(job))) {
      await context.store.unpin(pin)
      await Version.forget(context.catalog.db, job.repo.id, manifest.root)
    }
    throw error
  }
}

/** Bytes first: a root on chain whose bytes were collected meanwhile could never be pulled. */
const keep = async (context: HubContext, job: Job, text: string): Promise<string> => {
  const { manifest, cid } = job
  // Each try has pins of its own, so that taking one back cannot hurt another.
  const pin = `version:${manifest.root}:${randomUUID()}`
  await context.store.put(Bytes.utf8(text), { expect: { cid } })
  const cids = new Set([cid, ...manifest.files.map((file) => file.cid)])
  await mapParallel(cids, 16, (kept) => context.store.pin(kept, pin))
  await record(context, job)
  return pin
}

const record = async (context: HubContext, { repo, manifest, cid, message }: Job): Promise<void> => {
  const { root, commit, fileCount } = manifest
  const parent = Anchoring.parentOf(message)
  await Version.record(
    context.catalog.db,
    { repoId: repo.id, root, manifestCid: cid, commit, parent, fileCount },
    context.clock(),
  )
}

const send = async ({ chain, relayer, message, signature, account }: Job): Promise<Hex> => {
  const { deployment } = chain
  const call = message.publish
    ? Calls.publish(deployment, message.publish, signature)
    : Calls.mint(deployment, message.mint, signature)
  return (await relayer.send(call, { account })).hash
}
