import { randomUUID } from 'node:crypto'
import { Evaluation, ImportSource, type Repo, Version } from '../catalog/index.ts'
import { Calls, type Chain, type Relayer } from '../chain/index.ts'
import { Bytes, DehugError, type Hex, type Manifest, NotFound } from '../core/index.ts'
import * as Anchoring from './Anchoring.ts'
import type { HubContext } from './context.ts'
import { mapParallel } from './map-parallel.ts'
import { notifyOfVersion } from './signals/notify.ts'

/** A checked version and the signed message that anchors it. */
export type Job = {
  chain: Chain.Chain
  relayer: Relayer.Relayer
  repo: Repo.Repo
  manifest: Manifest.Manifest
  cid: string
  modelId: bigint
  message: Anchoring.Message
  signature: Hex
  /** Whose gas it is in the relayer's book. */
  account: string
}

/** The same version sent again, after an answer that was lost, is done already. */
const isAnchored = async ({ chain, modelId, manifest, message }: Job): Promise<boolean> => {
  const version = await missingAsUndefined(chain.version(modelId, manifest.root as Hex))
  const signed = message.publish ?? message.mint
  return version?.manifestCid === signed.manifestCid
}

/** What a read of the chain returns, or undefined where the chain does not know the thing. */
export const missingAsUndefined = <T>(read: Promise<T>): Promise<T | undefined> =>
  read.catch((error) => {
    if (error instanceof NotFound) return undefined
    throw error
  })

/**
 * Keeps the bytes of a version for ever and has the relayer put its root on chain; null where it was there already.
 * Throws `HeadMoved` and what the chain refuses with.
 */
export const bringOnChain = async (context: HubContext, job: Job, text: string): Promise<Hex | null> => {
  const { chain, manifest, modelId, message } = job
  const already = await isAnchored(job)
  if (!already) Anchoring.assertFollowsHead((await missingAsUndefined(chain.model(modelId)))?.head, message)
  const pin = await keep(context, job, text)
  try {
    const tx = already ? null : await send(job)
    await record(context, job)
    await Version.anchored(context.catalog.db, job.repo.id, manifest.root, tx, context.clock())
    await ImportSource.set(context.catalog.db, job.repo.id, manifest.source ?? null)
    await Evaluation.attest(context.catalog.db, job.repo.id, manifest, context.clock())
    if (!already) await notifyOfVersion(context.catalog.db, job.repo, manifest.root, context.clock())
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
  const { root, commit, fileCount, delegated = false } = manifest
  const parent = Anchoring.parentOf(message)
  await Version.record(
    context.catalog.db,
    { repoId: repo.id, root, manifestCid: cid, commit, parent, fileCount, delegated },
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
