import { LRUCache } from 'lru-cache'
import { BadInput, type Hex, NotFound, Offer, Price, type Recover, RepoId, Unavailable } from '../core/index.ts'
import type { ProviderWire } from '../wire/index.ts'
import type { Bans } from './Bans.ts'
import type { ProviderClient } from './ProviderClient.ts'
import type { Treasury } from './Treasury.ts'

/** A provider's offer whose signature, name and anchored version were checked. */
export type KnownOffer = {
  offer: Offer.Offer
  hash: Hex
  signature: Hex
  /** `namespace/name` as the provider wrote it. */
  model: string
  /** Key of that repository. */
  repo: string
  task: string
  info: ProviderWire.ModelInfo
  url: string
}

/** Who serves what, for how much; kept fresh in the background. */
export type Providers = Disposable & {
  /**
   * Offers for `namespace/name` or `namespace/name@0x<root>`, the cheapest for these units first, ailing providers last.
   * Throws `ModelNotFound`, or `NoProvider` when the model is known and nobody can serve it now.
   */
  find(model: string, units: Price.Units): Promise<KnownOffer[]>
  list(): Promise<KnownOffer[]>
  urlOf(provider: Hex): string | undefined
  /** The provider did not answer: others are preferred for a while. */
  ail(url: string): void
  refresh(): Promise<void>
}

export type ProvidersOptions = {
  urls: readonly string[]
  client: ProviderClient
  treasury: Treasury
  bans: Bans
  recover: Recover
  now: () => number
  refreshMs: number
  onError: (error: unknown, url: string) => void
  /** Told whether a provider had its offers when it was asked for them. */
  onChecked: (provider: Hex, isThere: boolean) => void
  /** Told what is offered after all providers were asked. */
  onRefreshed: (offers: KnownOffer[]) => void
}

type Source = { url: string; offers: KnownOffer[]; ailingUntil: number }

const ailingMs = 5_000
/** An unknown model makes us ask again, but not more often than this. */
const minRefreshGapMs = 500
/** An offer must outlive the request. */
const validityMarginSeconds = 5n

/** Starts asking providers for their offers, at once and every `refreshMs`. */
export function start(options: ProvidersOptions): Providers {
  const state: State = {
    ...options,
    sources: new Map(),
    anchored: new LRUCache({ max: 10_000 }),
    refreshedAt: -Infinity,
  }
  const timer = setInterval(() => void refresh(state), options.refreshMs)
  timer.unref()
  const list = async (): Promise<KnownOffer[]> => {
    if (state.sources.size === 0) await refresh(state)
    return valid(state)
  }
  return {
    find: (model, units) => find(state, model, units),
    list,
    urlOf: (provider) =>
      [...state.sources.values()].find((source) => source.offers[0]?.offer.provider === provider)?.url,
    ail: (url) => {
      const source = state.sources.get(url)
      if (source) source.ailingUntil = options.now() + ailingMs
    },
    refresh: () => refresh(state),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

type State = ProvidersOptions & {
  sources: Map<string, Source>
  anchored: LRUCache<string, true>
  refreshedAt: number
  refreshing?: Promise<void> | undefined
}

async function find(state: State, model: string, units: Price.Units): Promise<KnownOffer[]> {
  const wanted = readName(model)
  const matches = () => valid(state).filter((known) => isMatch(known, wanted))
  let offers = matches()
  if (offers.length === 0 && state.now() - state.refreshedAt >= minRefreshGapMs) {
    await refresh(state)
    offers = matches()
  }
  if (offers.length === 0) throw missing(state, wanted)
  return offers.length === 1 ? offers : ranked(state, offers, units)
}

function ranked(state: State, offers: KnownOffer[], units: Price.Units): KnownOffer[] {
  const now = state.now()
  return offers
    .map((known) => ({
      known,
      ailing: (state.sources.get(known.url)?.ailingUntil ?? 0) > now ? 1 : 0,
      fee: Price.fee(known.offer, units),
    }))
    .sort((a, b) => a.ailing - b.ailing || (a.fee < b.fee ? -1 : a.fee > b.fee ? 1 : 0))
    .map(({ known }) => known)
}

type Wanted = { name: string; root: string | undefined }

/** `namespace/name`, with `@0x<root>` to pin a version. */
function readName(model: string): Wanted {
  const at = model.indexOf('@')
  const name = at < 0 ? model : model.slice(0, at)
  const root = at < 0 ? undefined : model.slice(at + 1).toLowerCase()
  if (root !== undefined && !/^0x[0-9a-f]{64}$/.test(root)) throw new BadModelName(model)
  return { name: name.toLowerCase(), root }
}

const isMatch = (known: KnownOffer, wanted: Wanted): boolean =>
  known.model.toLowerCase() === wanted.name && (wanted.root === undefined || known.offer.versionRoot === wanted.root)

function valid(state: State): KnownOffer[] {
  const oldest = BigInt(Math.floor(state.now() / 1000)) + validityMarginSeconds
  return [...state.sources.values()].flatMap((source) =>
    source.offers.filter(
      ({ offer }) => offer.validUntil > oldest && !state.bans.has(offer.provider) && !state.bans.has(source.url),
    ),
  )
}

function missing(state: State, wanted: Wanted): Error {
  const seen = [...state.sources.values()].some((source) => source.offers.some((known) => isMatch(known, wanted)))
  return seen
    ? new NoProvider(wanted.name)
    : new ModelNotFound(wanted.root ? `${wanted.name}@${wanted.root}` : wanted.name)
}

function refresh(state: State): Promise<void> {
  state.refreshing ??= refreshAll(state).finally(() => {
    state.refreshedAt = state.now()
    state.refreshing = undefined
  })
  return state.refreshing
}

async function refreshAll(state: State): Promise<void> {
  const registered = await state.treasury.providers().catch((error: unknown) => {
    state.onError(error, 'chain')
    return []
  })
  const owners = new Map<string, Set<Hex> | 'anybody'>()
  for (const { provider, url } of registered) {
    const known = owners.get(plain(url))
    owners.set(plain(url), new Set([...(known instanceof Set ? known : []), provider]))
  }
  for (const url of state.urls) owners.set(plain(url), 'anybody')
  for (const url of state.sources.keys()) if (!owners.has(url)) state.sources.delete(url)
  await Promise.all([...owners].map(([url, owner]) => refreshOne(state, url, owner)))
  state.onRefreshed(valid(state))
}

const plain = (url: string): string => url.replace(/\/$/, '')

/** `owners`: whose offers are taken from there. Anybody may copy signed offers, so on chain an address speaks only for those who registered it. */
async function refreshOne(state: State, url: string, owners: ReadonlySet<Hex> | 'anybody'): Promise<void> {
  const source = state.sources.get(url) ?? { url, offers: [], ailingUntil: 0 }
  state.sources.set(url, source)
  try {
    const answer = await state.client.offers(url)
    const { chainId, controller } = state.treasury
    if (answer.chainId !== chainId || answer.controller !== controller) return
    const own = answer.offers.filter(({ offer }) => owners === 'anybody' || owners.has(offer.provider))
    const checked = await Promise.all(own.map((signed) => check(state, url, signed)))
    source.offers = checked.filter((known) => known !== undefined)
    for (const provider of offering(source)) state.onChecked(provider, true)
  } catch (error) {
    for (const provider of owners === 'anybody' ? offering(source) : owners) state.onChecked(provider, false)
    source.ailingUntil = state.now() + ailingMs
    state.onError(error, url)
  }
}

const offering = ({ offers }: Source): Set<Hex> => new Set(offers.map(({ offer }) => offer.provider))

async function check(state: State, url: string, signed: ProviderWire.SignedOffer): Promise<KnownOffer | undefined> {
  const { offer, signature, task, modelInfo: info } = signed
  try {
    const repo = RepoId.parse(signed.repo)
    if (RepoId.modelId(repo) !== offer.modelId) throw new BadInput(`"${signed.repo}" is not the model of the offer.`)
    if (state.recover(Offer.digest(state.treasury.separator, offer), signature) !== offer.provider)
      throw new BadInput(`The offer for "${signed.repo}" is not signed by ${offer.provider}.`)
    if (!(await isAnchored(state, offer)))
      throw new BadInput(`${offer.versionRoot} of "${signed.repo}" is not anchored.`)
    return {
      offer,
      hash: Offer.structHash(offer),
      signature,
      model: RepoId.format(repo),
      repo: RepoId.key(repo),
      task,
      info,
      url,
    }
  } catch (error) {
    state.onError(error, url)
    return undefined
  }
}

async function isAnchored(state: State, { modelId, versionRoot }: Offer.Offer): Promise<boolean> {
  const id = `${modelId}/${versionRoot}`
  if (state.anchored.has(id)) return true
  const anchored = await state.treasury.isAnchored(modelId, versionRoot)
  if (anchored) state.anchored.set(id, true)
  return anchored
}

/** Nobody on the network has offered this model. */
export class ModelNotFound extends NotFound {
  constructor(model: string) {
    super(`The model "${model.slice(0, 200)}" is not offered by any provider.`, {
      code: 'model_not_found',
      hint: 'GET /v1/models lists the models that are; "dehug serve" offers another.',
      details: { param: 'model' },
    })
  }
}

/** The model is offered, but all its providers are away or were stopped for false receipts. */
export class NoProvider extends Unavailable {
  constructor(model: string) {
    super(`No provider can serve "${model}" now.`, { code: 'no_provider', hint: 'Try again in a while.' })
  }
}

/** A model name with a version that is no Merkle root. */
export class BadModelName extends BadInput {
  constructor(model: string) {
    super(`"${model.slice(0, 200)}" names no model.`, {
      code: 'bad_model_name',
      hint: 'Write "namespace/name", or "namespace/name@0x…" with the 64 digits of a version root.',
      details: { param: 'model' },
    })
  }
}
