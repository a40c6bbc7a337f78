import { parseSiweMessage } from 'viem/siwe'
import { Nonce } from '../catalog/index.ts'
import { type Hex, NotAuthenticated } from '../core/index.ts'
import type { HubContext } from './context.ts'
import { isSignedBy } from './message-signature.ts'

/**
 * The wallet, a key or a contract, that signed an ERC-4361 message for this hub. The nonce is used up whatever the outcome.
 * Throws {@link LoginRefused}.
 */
export const walletOf = async (
  context: HubContext,
  origin: string,
  { message, signature }: { message: string; signature: Hex },
): Promise<Hex> => {
  const now = context.clock()
  const { address, domain, nonce, chainId, expirationTime, notBefore } = parseSiweMessage(message)
  if (!nonce || !(await Nonce.use(context.catalog.db, nonce, now)))
    throw new LoginRefused('its nonce is unknown or used')
  if (domain !== new URL(origin).host) throw new LoginRefused(`it is for ${domain ?? 'no domain'}, not for this hub`)
  if (context.chain && chainId !== context.chain.chainId) throw new LoginRefused(`it is for chain ${chainId}`)
  if (expirationTime && expirationTime <= now) throw new LoginRefused('it has expired')
  if (notBefore && notBefore > now) throw new LoginRefused('it is not valid yet')
  if (!address || !(await isSignedBy(context.chain, address, { message, signature })))
    throw new LoginRefused('the wallet it names did not sign it')
  return address.toLowerCase() as Hex
}

/** The signed message does not log anybody in. */
export class LoginRefused extends NotAuthenticated {
  constructor(why: string) {
    super(`The login message is not accepted: ${why}.`, {
      code: 'login_refused',
      hint: 'Ask for a new nonce and sign a new message.',
    })
  }
}
