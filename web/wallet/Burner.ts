import { Domain, type Hex } from 'dehug/core'
import { PortableSigner } from 'dehug/sdk/web'
import type { Wallet } from './Wallet.ts'

/** A key that this browser made and keeps, for people without a wallet. Whoever can open this browser profile can use it. */
const slot = 'dehug.burner'

const stored = (): Hex | null => localStorage.getItem(slot) as Hex | null

/** The wallet of the key that is here, if there is one. */
export const present = (): Wallet | undefined => {
  const key = stored()
  return key === null ? undefined : walletOf(key)
}

/** Makes a key unless one is here. */
export const create = (): Wallet => {
  const key = stored() ?? PortableSigner.randomKey()
  localStorage.setItem(slot, key)
  return walletOf(key)
}

/** Takes a key that was exported elsewhere. Throws `InvalidPrivateKey`. */
export const importKey = (text: string): Wallet => {
  const trimmed = text.trim().toLowerCase()
  const key = (trimmed.startsWith('0x') ? trimmed : `0x${trimmed}`) as Hex
  const wallet = walletOf(key)
  localStorage.setItem(slot, key)
  return wallet
}

/** The key's text, for a file or a password manager. */
export const exportKey = (): Hex | null => stored()

/** Deletes the key from this browser. */
export const forget = (): void => localStorage.removeItem(slot)

const walletOf = (key: Hex): Wallet => {
  const signer = PortableSigner.from(key)
  return {
    kind: 'burner',
    name: 'Browser key',
    address: signer.address,
    signer,
    signMessage: async (text) => signer.sign(Domain.personalDigest(text)),
  }
}
