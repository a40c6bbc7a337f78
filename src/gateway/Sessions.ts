import { eq } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { LRUCache } from 'lru-cache'
import { ApiKey, BadInput, Bytes, Hash, type Hex, Merkle, NotAuthenticated, NotPermitted } from '../core/index.ts'
import { NativeSigner } from '../settle/index.ts'
import type { SessionState, Treasury } from './Treasury.ts'
import { sessions as table } from './tables.ts'

/** Who pays: the keys derived from the caller's API key (one signs, one salts requests), and the session opened for it. */
export type Payer = { signer: NativeSigner.NativeSigner; saltKey: Hex; session: SessionState }

/** Finds the session behind an API key. Derived keys stay in memory for `keyTtlMs` and are written nowhere. */
export type Sessions = {
  /** Throws `NoSession` and `SessionOver`. */
  of(apiKey: string): Promise<Payer>
  /** Also where it was revoked or has expired: what is left in its channels is still the payer's. Throws `NoSession`. */
  ofAny(apiKey: string): Promise<Payer>
  /** The signed state as it is on chain now. */
  refresh(payer: Payer): Promise<SessionState>
  /** Proof that the session allows the model; empty where it allows all. Throws `ModelNotAllowed`. */
  modelProof(session: SessionState, modelId: bigint): Promise<Hex[]>
  /** Throws `WrongModels` where the list is not the one behind `modelsRoot`. */
  assertModels(session: SessionState, models: readonly bigint[] | undefined): void
  /** Writes down the models behind a session's `modelsRoot`. */
  remember(session: SessionState, models: readonly bigint[] | undefined): Promise<void>
}

export type SessionsOptions = { database: NodePgDatabase; treasury: Treasury; now: () => number }

const keyTtlMs = 60_000
const maxKeys = 10_000
/** A session read from the chain is used for this long … */
const freshMs = 1_000
/** … and up to this age while it is read again. */
const staleMs = 5_000
const zeroRoot = `0x${'00'.repeat(32)}`

type Read = { state: SessionState; at: number; reading?: Promise<SessionState> | undefined }
type Context = SessionsOptions & { reads: LRUCache<Hex, Read> }

export function open(options: SessionsOptions): Sessions {
  const keys = new LRUCache<string, Omit<Payer, 'session'>>({ max: maxKeys, ttl: keyTtlMs })
  const context: Context = { ...options, reads: new LRUCache({ max: maxKeys }) }
  const keysOf = (apiKey: string): Omit<Payer, 'session'> => {
    const known = keys.get(apiKey)
    if (known) return known
    const privateKey = ApiKey.sessionKey(apiKey)
    const saltKey = Hash.keccak256(Bytes.concat(Bytes.utf8('dehug request salt'), Bytes.fromHex(privateKey)))
    const derived = { signer: NativeSigner.from(privateKey), saltKey }
    keys.set(apiKey, derived)
    return derived
  }
  const ofAny = async (apiKey: string): Promise<Payer> => {
    const derived = keysOf(apiKey)
    return { ...derived, session: await current(context, derived.signer.address) }
  }
  return {
    of: async (apiKey) => {
      const payer = await ofAny(apiKey)
      assertLive(payer.session, options.now())
      return payer
    },
    ofAny,
    refresh: (payer) => read(context, payer.signer.address),
    modelProof: (session, modelId) => modelProof(context, session, modelId),
    assertModels,
    remember: (session, models) => remember(context, session, models),
  }
}

function current(context: Context, key: Hex): SessionState | Promise<SessionState> {
  const known = context.reads.get(key)
  const age = known ? context.now() - known.at : Number.POSITIVE_INFINITY
  if (known && age < freshMs) return known.state
  const reading = read(context, key)
  if (!known || age > staleMs) return reading
  reading.catch(() => {})
  return known.state
}

function read(context: Context, key: Hex): Promise<SessionState> {
  const known = context.reads.get(key)
  if (known?.reading) return known.reading
  const reading = latest(context, key)
    .then((state) => {
      context.reads.set(key, { state, at: context.now() })
      return state
    })
    .finally(() => {
      const entry = context.reads.get(key)
      if (entry) entry.reading = undefined
    })
  if (known) known.reading = reading
  return reading
}

/** The newest session of the key that can still be used, or the newest of all. */
async function latest({ treasury, now }: Context, key: Hex): Promise<SessionState> {
  const ids = await treasury.sessionsOf(key)
  const states = (await Promise.all(ids.map((id) => treasury.session(id)))).filter((state) => state !== undefined)
  const found = states.findLast((state) => isLive(state, now()) && state.used < state.cap)
  const state = found ?? states.findLast((candidate) => isLive(candidate, now())) ?? states.at(-1)
  if (!state) throw new NoSession()
  return state
}

const isLive = (session: SessionState, now: number): boolean =>
  !session.revoked && session.expiry > BigInt(Math.floor(now / 1000))

function assertLive(session: SessionState, now: number): void {
  if (!isLive(session, now)) throw new SessionOver(session)
}

async function modelProof({ database }: Context, session: SessionState, modelId: bigint): Promise<Hex[]> {
  if (session.modelsRoot === zeroRoot) return []
  const leaf = Merkle.modelLeaf(modelId)
  if (leaf === session.modelsRoot) return []
  const [row] = await database.select({ models: table.models }).from(table).where(eq(table.session, session.session))
  const leaves = row?.models?.map((id) => Merkle.modelLeaf(BigInt(id)))
  if (!leaves) throw new ModelsUnknown(session.session)
  if (!leaves.includes(leaf)) throw new ModelNotAllowed(modelId)
  return Merkle.proof(leaves, leaf)
}

async function remember(
  { database }: Context,
  { session, key, payer }: SessionState,
  models: readonly bigint[] | undefined,
): Promise<void> {
  if (!models) return
  await database
    .insert(table)
    .values({ session, key, payer, models: models.map(String) })
    .onConflictDoNothing()
}

function assertModels({ modelsRoot }: SessionState, models: readonly bigint[] | undefined): void {
  if (models && Merkle.root(models.map(Merkle.modelLeaf)) !== modelsRoot) throw new WrongModels(modelsRoot)
}

/** The key is well formed, and no session was opened for it. */
export class NoSession extends NotAuthenticated {
  constructor() {
    super('No session on chain belongs to this API key.', {
      code: 'invalid_api_key',
      hint: 'Fund it with "dehug channel fund", which opens one with a cap and an expiry that you choose.',
    })
  }
}

/** The payer revoked the session, or its time is over. */
export class SessionOver extends NotAuthenticated {
  constructor({ session, revoked, expiry }: SessionState) {
    super(revoked ? 'This API key was revoked by its payer.' : `This API key expired at unix time ${expiry}.`, {
      code: revoked ? 'session_revoked' : 'session_expired',
      hint: 'Open a new session with "dehug channel fund".',
      details: { session, expiry },
    })
  }
}

/** The payer did not allow this model for this key. */
export class ModelNotAllowed extends NotPermitted {
  constructor(modelId: bigint) {
    super('This API key may not use this model.', {
      code: 'model_not_allowed',
      hint: 'Use a model on the list the payer signed, or open a session that includes it.',
      details: { modelId, param: 'model' },
    })
  }
}

/** The list of models is not what the payer signed. */
export class WrongModels extends BadInput {
  constructor(modelsRoot: Hex) {
    super(`The models given do not lead to the session's modelsRoot ${modelsRoot}.`, {
      code: 'wrong_models',
      hint: 'Send exactly the model ids that the root was computed from, or no "models" with a root of zero.',
    })
  }
}

/** The session allows only some models, and nobody told this gateway which. */
export class ModelsUnknown extends NotPermitted {
  constructor(session: Hex) {
    super('This API key is limited to a list of models that this gateway has not seen.', {
      code: 'models_unknown',
      hint: 'POST the session to /v1/sessions again together with its list of models.',
      details: { session },
    })
  }
}
