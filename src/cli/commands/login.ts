import { BadInput, type Hex, NotAuthenticated } from '../../core/index.ts'
import { Client, type Delegated, PortableSigner } from '../../sdk/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import { type Io, note, print } from '../Io.ts'
import * as Keystore from '../Keystore.ts'
import { type DelegateOptions, delegating } from './delegate.ts'

export type LoginOptions = DelegateOptions & {
  /** Name for a wallet's first login. */
  username?: string | undefined
  /** A development account of the local chain. */
  dev?: string | undefined
  /** Show a code and wait until somebody approves it elsewhere. */
  device?: boolean | undefined
  /** Let the device in that shows this code. */
  approve?: string | undefined
  /** Refuse the device that shows this code. */
  deny?: string | undefined
  /** Let the hub anchor commits. */
  delegate?: boolean | undefined
}

export type LoginResult = {
  endpoint: string
  name: string
  address: Hex | null
  keyFile: string
  newKey: boolean
  delegated?: Delegated[]
}

export type DecisionResult = {
  endpoint: string
  program: string
  user: string
  scopes: string[]
  approved: boolean | null
}

/** Signs in with the wallet, a code or a given token; or lets another device in; or signs what the hub may do. */
export async function login(options: LoginOptions, io: Io): Promise<LoginResult | DecisionResult> {
  assertOneWay(options)
  const { endpoint } = await whereTo(options, io)
  if (options.approve !== undefined) return decide(options.approve, true, options, io)
  if (options.deny !== undefined) return decide(options.deny, false, options, io)
  if (options.undelegate) return withDelegations(await signedIn(options, io), options, io)
  if (options.device) {
    if (options.delegate) await assertKey(endpoint, options, io)
    const result = await byDevice(endpoint, io)
    return options.delegate ? withDelegations(result, options, io) : result
  }
  if (options.token !== undefined) return byToken(endpoint, options.token, io)
  const result =
    options.delegate && !options.dev && (await hasToken(options, io))
      ? await signedIn(options, io)
      : await byWallet(options, io)
  return options.delegate ? withDelegations(result, options, io) : result
}

const withDelegations = async (result: LoginResult, options: LoginOptions, io: Io): Promise<LoginResult> => ({
  ...result,
  delegated: await delegating(options, io),
})

/** Nobody has to approve a device that could not sign afterwards. */
async function assertKey(endpoint: string, options: LoginOptions, io: Io): Promise<void> {
  if (!(await connect(options, io)).connection.signer) throw new NoOwnerKey(endpoint)
}

const ways = ['device', 'approve', 'deny', 'delegate', 'undelegate'] as const

function assertOneWay(options: LoginOptions): void {
  const given = ways.filter((way) => options[way] !== undefined)
  if (given.length > 1 && given.join() !== 'device,delegate')
    throw new BadInput(`--${given.join(' and --')} do not go together.`, { code: 'bad_options' })
  if ((options.repo || options.days !== undefined) && !options.delegate && !options.undelegate) {
    throw new BadInput('--repo and --days belong to --delegate.', { code: 'bad_options' })
  }
}

async function whereTo(options: ConnectOptions, io: Io) {
  return {
    endpoint: (options.endpoint ?? io.config.endpoint).replace(/\/+$/, ''),
    keyFile: Keystore.pathIn(io.config.home),
  }
}

async function byToken(endpoint: string, token: string, io: Io): Promise<LoginResult> {
  const account = await Client.from({ endpoint, token }).whoami()
  await storeToken(io, endpoint, { token })
  print(io, `Logged in to ${endpoint} as ${account.name}.`)
  return resultOf(io, endpoint, account)
}

async function byWallet(options: LoginOptions, io: Io): Promise<LoginResult> {
  const { endpoint, keyFile } = await whereTo(options, io)
  const newKey = await ensureKey(endpoint, options, io)
  const client = await connect({ ...options, endpoint, token: undefined }, io, { asStranger: true })
  const created = await client.login({ username: options.username, tokenName: 'dehug login' })
  await storeToken(io, endpoint, { token: created.token })
  print(io, `Logged in to ${endpoint} as ${created.user} (${created.address ?? client.connection.signer?.address}).`)
  if (newKey) note(io, `A new key was made in ${keyFile}. Keep a copy: it owns what you publish and earn.`)
  return { endpoint, name: created.user, address: (created.address ?? null) as Hex | null, keyFile, newKey }
}

async function byDevice(endpoint: string, io: Io): Promise<LoginResult> {
  const client = Client.from({ endpoint, now: io.now })
  const issued = await client.deviceLogin({
    signal: io.signal,
    onPrompt: ({ userCode, url, completeUrl }) => {
      note(io, `Open ${url} in a browser and enter the code`)
      note(io, `\n    ${userCode}\n`)
      note(io, `or open ${completeUrl}`)
      note(io, `or run on a machine with your key: dehug login --approve ${userCode} --endpoint ${endpoint}`)
      note(io, 'Waiting for approval … (Ctrl-C to stop)')
    },
  })
  const account = await Client.from({ endpoint, token: issued.token }).whoami()
  await storeToken(io, endpoint, issued)
  print(io, `Logged in to ${endpoint} as ${account.name}.`)
  return resultOf(io, endpoint, account)
}

async function decide(userCode: string, approve: boolean, options: LoginOptions, io: Io): Promise<DecisionResult> {
  const { endpoint } = await whereTo(options, io)
  const stored = await connect({ ...options, endpoint }, io)
  // A token with limits may not give access; the key may.
  const byKey = stored.connection.signer !== undefined && options.token === undefined
  const client = byKey ? await connect({ ...options, endpoint }, io, { asStranger: true }) : stored
  const decided = await client.decideDevice({ userCode, approve })
  print(io, `${approve ? 'Approved' : 'Denied'}: ${decided.program} as ${decided.user}.`)
  if (approve) for (const scope of decided.scopes) print(io, `  may ${scope}`)
  return { endpoint, ...decided }
}

async function signedIn(options: LoginOptions, io: Io): Promise<LoginResult> {
  const { endpoint } = await whereTo(options, io)
  return resultOf(io, endpoint, await (await connect(options, io)).whoami())
}

const hasToken = async (options: LoginOptions, io: Io): Promise<boolean> =>
  (await connect(options, io)).connection.token !== undefined

const resultOf = (io: Io, endpoint: string, account: { name: string; address: Hex | null }): LoginResult => ({
  ...{ endpoint, name: account.name, address: account.address },
  ...{ keyFile: Keystore.pathIn(io.config.home), newKey: false },
})

async function ensureKey(endpoint: string, options: LoginOptions, io: Io): Promise<boolean> {
  if (options.dev !== undefined) {
    const privateKey = await developmentKey(endpoint, options.dev)
    await Keystore.update(io.config.home, (keys) => (keys.privateKey === privateKey ? keys : another(keys, privateKey)))
    return false
  }
  const keys = await Keystore.read(io.config.home)
  if (io.config.privateKey !== undefined || keys.privateKey !== undefined) return false
  await Keystore.update(io.config.home, (known) => ({ ...known, privateKey: PortableSigner.randomKey() }))
  return true
}

/** Tokens and inference keys belong to the wallet that made them. */
const another = (keys: Keystore.Keys, privateKey: Hex): Keystore.Keys => ({
  ...keys,
  privateKey,
  tokens: {},
  renewals: {},
  apiKeys: {},
})

async function developmentKey(endpoint: string, name: string): Promise<Hex> {
  const { DevKeys } = await import('../../chain/index.ts')
  const { chainId } = await Client.from({ endpoint }).connection.network()
  const found = DevKeys.all(chainId).find((key) => key.name === name)
  if (!found) {
    const names = DevKeys.all(chainId).map((key) => key.name)
    throw new BadInput(`No development account is called "${name}".`, { hint: `There are: ${names.join(', ')}.` })
  }
  return found.privateKey
}

/** What a sign-in gave; a token that ends comes with what renews it. */
const storeToken = (
  io: Io,
  endpoint: string,
  { token, refreshToken, expiresAt }: { token: string; refreshToken?: string | undefined; expiresAt?: number },
) =>
  Keystore.update(io.config.home, (keys) => {
    const { [endpoint]: _, ...others } = keys.renewals
    const renewal = refreshToken === undefined || expiresAt === undefined ? undefined : { refreshToken, expiresAt }
    return {
      ...keys,
      tokens: { ...keys.tokens, [endpoint]: token },
      renewals: renewal ? { ...others, [endpoint]: renewal } : others,
    }
  })

/** A delegation is signed by the key that owns the repositories, which is not here. */
class NoOwnerKey extends NotAuthenticated {
  constructor(endpoint: string) {
    super('A delegation is signed with the key that owns the repositories; this machine has none.', {
      code: 'no_key',
      hint: `Open ${endpoint}/login/delegate in a browser with the wallet, or run \`dehug login --delegate\` where the key is.`,
    })
  }
}
