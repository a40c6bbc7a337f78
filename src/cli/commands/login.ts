import { BadInput, type Hex } from '../../core/index.ts'
import { Client, PortableSigner } from '../../sdk/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import { type Io, note, print } from '../Io.ts'
import * as Keystore from '../Keystore.ts'

export type LoginOptions = ConnectOptions & {
  /** Name for a wallet's first login. */
  username?: string | undefined
  /** A development account of the local chain. */
  dev?: string | undefined
}

export type LoginResult = { endpoint: string; name: string; address: Hex | null; keyFile: string; newKey: boolean }

/** Signs in with the wallet, making one where there is none, or stores a token given with --token. */
export async function login(options: LoginOptions, io: Io): Promise<LoginResult> {
  const endpoint = (options.endpoint ?? io.config.endpoint).replace(/\/+$/, '')
  const keyFile = Keystore.pathIn(io.config.home)
  if (options.token !== undefined) {
    const account = await Client.from({ endpoint, token: options.token }).whoami()
    await storeToken(io, endpoint, options.token)
    print(io, `Logged in to ${endpoint} as ${account.name}.`)
    return { endpoint, name: account.name, address: account.address, keyFile, newKey: false }
  }
  const newKey = await ensureKey(endpoint, options, io)
  const client = await connect({ ...options, endpoint, token: undefined }, io, { asStranger: true })
  const created = await client.login({ username: options.username, tokenName: 'dehug login' })
  await storeToken(io, endpoint, created.token)
  print(io, `Logged in to ${endpoint} as ${created.user} (${created.address ?? client.connection.signer?.address}).`)
  if (newKey) note(io, `A new key was made in ${keyFile}. Keep a copy: it owns what you publish and earn.`)
  return { endpoint, name: created.user, address: (created.address ?? null) as Hex | null, keyFile, newKey }
}

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

const storeToken = (io: Io, endpoint: string, token: string) =>
  Keystore.update(io.config.home, (keys) => ({ ...keys, tokens: { ...keys.tokens, [endpoint]: token } }))
