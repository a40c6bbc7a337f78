import { type Address, isAddressEqual, isErc6492Signature, recoverMessageAddress } from 'viem'
import type { Chain } from '../chain/index.ts'
import { type Hex, Unavailable } from '../core/index.ts'

export type SignedMessage = { message: string; signature: Hex }

/**
 * Whether an address signed a text (EIP-191): by its key, or, where it is a contract, by what that says on chain
 * (ERC-1271), also before it is deployed (ERC-6492). Throws {@link ChainSilent}.
 */
export const isSignedBy = async (
  chain: Chain.Chain | undefined,
  address: Address,
  signed: SignedMessage,
): Promise<boolean> => {
  const signer = await recoverMessageAddress(signed).catch(() => undefined)
  if (signer && isAddressEqual(signer, address)) return true
  if (!chain) return false
  try {
    // Without code there is nothing to ask, and garbage costs the node one look.
    const isContract = isErc6492Signature(signed.signature) || (await chain.client.getCode({ address })) !== undefined
    return isContract && (await chain.client.verifyMessage({ address, ...signed }))
  } catch (cause) {
    throw new ChainSilent(cause)
  }
}

/** Whether a contract signed is the chain's to say, and it says nothing. */
export class ChainSilent extends Unavailable {
  constructor(cause: unknown) {
    super('The chain could not be asked whether this wallet signed.', {
      code: 'chain_silent',
      hint: 'Try again in a moment.',
      cause,
    })
  }
}
