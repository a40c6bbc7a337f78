import { mnemonicToAccount } from 'viem/accounts'
import { Bytes, type Hex, NotPermitted } from '../core/index.ts'

/** One development account. `for` is always `development only`, so that a copy of it in a file says what it is. */
export type DevKey = {
  name: string
  role: 'deployer' | 'relayer' | 'creator' | 'payer' | 'provider' | 'auditor' | 'usdc-admin'
  address: Hex
  privateKey: Hex
  for: 'development only'
}

/** The only chain these keys may be used on. */
export const devChainId = 31337

/** Everybody knows this phrase (anvil, hardhat and foundry ship it): money sent to its accounts on a real chain is gone. */
const mnemonic = 'test test test test test test test test test test test junk'

const people = [
  { name: 'deployer', role: 'deployer' },
  { name: 'relayer', role: 'relayer' },
  { name: 'dehug', role: 'creator' },
  { name: 'alice', role: 'payer' },
  { name: 'bob', role: 'payer' },
  { name: 'node-1', role: 'provider' },
  { name: 'node-2', role: 'provider' },
  { name: 'auditor', role: 'auditor' },
  { name: 'carol', role: 'creator' },
  { name: 'usdc-admin', role: 'usdc-admin' },
] as const

export type DevName = (typeof people)[number]['name']

const derived = new Map<DevName, DevKey>()

/** All development accounts in the order of their derivation index. Throws `DevKeysOffLoopback` for any chain but 31337. */
export const all = (chainId: number): DevKey[] => people.map(({ name }) => get(name, chainId))

/** One development account by name. Throws `DevKeysOffLoopback` for any chain but 31337. */
export function get(name: DevName, chainId: number): DevKey {
  if (chainId !== devChainId) throw new DevKeysOffLoopback(chainId)
  const known = derived.get(name)
  if (known) return known
  const index = people.findIndex((person) => person.name === name)
  const account = mnemonicToAccount(mnemonic, { addressIndex: index })
  const key: DevKey = {
    ...(people[index] as (typeof people)[number]),
    address: account.address.toLowerCase() as Hex,
    privateKey: Bytes.toHex(account.getHdKey().privateKey as Uint8Array),
    for: 'development only',
  }
  derived.set(name, key)
  return key
}

/** Refuses a well-known private key on a chain where money is real. Throws `DevKeysOffLoopback`. */
export function assertNotDevKey(privateKey: Hex, chainId: number): void {
  if (chainId === devChainId) return
  if (all(devChainId).some((key) => key.privateKey === privateKey.toLowerCase())) throw new DevKeysOffLoopback(chainId)
}

/** A development key was about to be used where others could take what it guards. */
export class DevKeysOffLoopback extends NotPermitted {
  constructor(chainId: number) {
    super(`Development keys work on chain ${devChainId} only; this is chain ${chainId}.`, {
      code: 'dev_key_off_loopback',
      hint: 'Everybody knows these keys. Create your own, for example with `dehug key new`, and fund it.',
      details: { chainId },
    })
  }
}
