import type { FastifyBaseLogger } from 'fastify'
import { DehugError, type Hex } from '../core/index.ts'
import { ModelDir } from '../engine/index.ts'
import type { Artifacts, Resolved } from './Artifacts.ts'
import { CreatorPartTooHigh } from './Channels.ts'
import type { ServedConfig } from './config.ts'
import type { Offers } from './Served.ts'

export type ServeOptions = {
  models: ServedConfig[]
  artifacts: Artifacts
  offers: Offers
  memoryBytes: number
  /** Most of each fee that a model may take, in 1/10000. */
  maxCreatorBps: number
  log: FastifyBaseLogger
  /** Told of each version before it is offered. */
  onServed: (resolved: Resolved) => void
}

/** Returns a function that brings offers up to date with the chain: new models, and new versions of unpinned ones. */
export function modelServer(options: ServeOptions): (signal: AbortSignal) => Promise<void> {
  const served = new Map<string, Hex>()
  const complained = new Map<string, string>()
  return async (signal) => {
    for (const config of options.models) {
      if (signal.aborted) return
      try {
        const { repo, root, creatorBps } = await options.artifacts.anchored(config.model)
        if (creatorBps > options.maxCreatorBps) {
          options.offers.stop(repo)
          served.delete(config.model)
          throw new CreatorPartTooHigh(creatorBps, options.maxCreatorBps)
        }
        if (served.get(config.model) === root) continue
        await serveOne(options, config, signal)
        served.set(config.model, root)
        complained.delete(config.model)
        options.log.info({ model: config.model, root }, 'serving')
      } catch (error) {
        const why = error instanceof DehugError ? error.message : String(error)
        if (complained.get(config.model) !== why)
          options.log.warn({ model: config.model, err: error }, 'cannot serve yet')
        complained.set(config.model, why)
      }
    }
  }
}

async function serveOne(
  { artifacts, offers, memoryBytes, onServed }: ServeOptions,
  config: ServedConfig,
  signal: AbortSignal,
) {
  const resolved = await artifacts.resolve(config.model)
  const dir = await artifacts.materialise(resolved, signal)
  const { task } = await ModelDir.inspect(dir, { memoryBytes })
  onServed(resolved)
  await offers.serve({ ...resolved, task, config })
}
