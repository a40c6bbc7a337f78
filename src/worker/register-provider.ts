import { Calls, type Chain, type Relayer } from '../chain/index.ts'
import { Domain, Register, type Signer } from '../core/index.ts'

const validSeconds = 3600n

/** Announces where this provider serves, unless the chain says so already. Returns whether it had to. */
export async function registerProvider(
  options: { chain: Chain.Chain; relayer: Relayer.Relayer; signer: Signer },
  url: string,
): Promise<boolean> {
  const { chain, relayer, signer } = options
  const known = await chain.provider(signer.address)
  if (known?.url === url) return false
  const { chainId, contracts } = chain.deployment
  const register: Register.Register = {
    provider: signer.address,
    url,
    nonce: known?.nonce ?? 0n,
    deadline: (await chain.now()) + validSeconds,
  }
  const separator = Domain.separator(Domain.providers(chainId, contracts.ProviderRegistry))
  const signature = await signer.sign(Register.digest(separator, register))
  await relayer.send(Calls.register(chain.deployment, register, signature), { account: signer.address })
  return true
}
