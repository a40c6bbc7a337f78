import type { Session } from './session.ts'
import { loadSession, sendSignIn } from './session.ts'
import type { Wallet } from './Wallet.ts'

const kindKey = 'dehug.wallet'
let active: Wallet | undefined

/** The wallet in use: the one chosen before, also after a reload; undefined where none is. */
export const activeWallet = async (): Promise<Wallet | undefined> => {
  if (active) return active
  const kind = localStorage.getItem(kindKey)
  if (kind === 'burner') active = (await import('./Burner.ts')).present()
  if (kind === 'connected') active = await (await import('./connected.ts')).connectAgain()
  return active
}

/** From now on this wallet signs. */
export const choose = (wallet: Wallet): void => {
  active = wallet
  localStorage.setItem(kindKey, wallet.kind)
}

/** Forgets which wallet signs; a browser key stays where it is. */
export const leaveWallet = async (): Promise<void> => {
  if (active?.kind === 'connected') await (await import('./connected.ts')).leave()
  active = undefined
  localStorage.removeItem(kindKey)
}

/** What the wallet is asked to sign to sign in (ERC-4361). */
export const signInMessage = async (wallet: Wallet): Promise<string> => {
  const [{ nonce }, { network }, { createSiweMessage }, { getAddress }] = await Promise.all([
    loadSession(true),
    import('./network.ts'),
    import('viem/siwe'),
    import('viem'),
  ])
  if (nonce === null) throw new Error('Somebody is signed in already.')
  return createSiweMessage({
    address: getAddress(wallet.address),
    chainId: (await network()).chainId,
    domain: location.host,
    uri: location.origin,
    nonce,
    version: '1',
    statement: 'Sign in to DeHug.',
    issuedAt: new Date(),
  })
}

/** Signs in with a wallet, which is used from then on; `username` names a new account. */
export const signInWith = async (wallet: Wallet, username = ''): Promise<Session> => {
  const present = await loadSession(true)
  if (present.user?.address === wallet.address) {
    choose(wallet)
    return present
  }
  if (present.user) await (await import('./session.ts')).signOut()
  const message = await signInMessage(wallet)
  const signature = await wallet.signMessage(message)
  const session = await sendSignIn({ message, signature, ...(username && { username }) })
  choose(wallet)
  return session
}
