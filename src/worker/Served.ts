import { type EngineRequest, type Hex, Offer, type Signer } from '../core/index.ts'
import type { ProviderWire } from '../wire/index.ts'
import type { Resolved } from './Artifacts.ts'
import type { ServedConfig } from './config.ts'

/** One version of one model that this worker serves. */
export type Served = Resolved & { task: EngineRequest.Task; config: ServedConfig }

type Signed = { wire: ProviderWire.SignedOffer; hash: Hex; served: Served }

/** The signed offers of this worker and the versions behind them. */
export type Offers = {
  /** Replaces what is served under a repo name; offers that were handed out stay good until they end. */
  serve(served: Served): Promise<void>
  /** Makes no more offers for a repo name. */
  stop(repo: string): void
  current(): Promise<ProviderWire.SignedOffer[]>
  /** The offer behind a hash, if it was made here and has not ended. */
  find(hash: Hex): Promise<Signed | undefined>
}

export type OffersOptions = {
  signer: Signer
  domainSeparator: Hex
  jobSeconds: number
  /** Unix ms. */
  now: () => number
}

const day = 86_400

export function open(options: OffersOptions): Offers {
  const newest = new Map<string, Served>()
  const signed = new Map<Hex, Signed>()

  const make = async (served: Served, validUntil: number): Promise<Signed> => {
    const { repo, task, manifest, modelId, versionRoot, config } = served
    const offer: Offer.Offer = {
      provider: options.signer.address,
      modelId,
      versionRoot,
      priceIn: config.prices.in,
      priceOut: config.prices.out,
      priceMs: config.prices.ms,
      priceCall: config.prices.call,
      maxIn: BigInt(config.maxIn),
      maxOut: BigInt(config.maxOut),
      maxMs: BigInt(config.maxMs),
      validUntil: BigInt(validUntil),
      jobSecs: options.jobSeconds,
    }
    const hash = Offer.structHash(offer)
    const known = signed.get(hash)
    if (known) return known
    const signature = await options.signer.sign(Offer.digest(options.domainSeparator, offer))
    const bytes = manifest.files.reduce((sum, { size }) => sum + size, 0)
    const context = manifest.tensors?.context
    const modelInfo = {
      bytes,
      files: manifest.fileCount,
      engine: 'onnx',
      ...(context ? { contextTokens: context } : {}),
    }
    const made = { wire: { offer, signature, repo, task, modelInfo }, hash, served }
    signed.set(hash, made)
    return made
  }

  // Ends of offers fall on midnights, so that a restarted worker makes the very same offers again.
  const endToday = () => (Math.floor(options.now() / 1000 / day) + 2) * day
  const makeAll = async () => {
    const nowSeconds = BigInt(Math.floor(options.now() / 1000))
    for (const [hash, { wire }] of signed) if (wire.offer.validUntil <= nowSeconds) signed.delete(hash)
    const today = await Promise.all([...newest.values()].map((served) => make(served, endToday())))
    await Promise.all([...newest.values()].map((served) => make(served, endToday() - day)))
    return today
  }

  return {
    serve: async (served) => {
      newest.set(served.repo, served)
      await makeAll()
    },
    stop: (repo) => void newest.delete(repo),
    current: async () => (await makeAll()).map(({ wire }) => wire),
    find: async (hash) => {
      const found = signed.get(hash)
      if (!found) return undefined
      return found.wire.offer.validUntil * 1000n > BigInt(options.now()) ? found : undefined
    },
  }
}
