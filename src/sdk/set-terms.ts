import { Domain, type Hex, SetTerms } from '../core/index.ts'
import { type Connection, signerOf } from './Connection.ts'
import { signStruct } from './sign-struct.ts'
import { deadlineFrom } from './withdraw.ts'

export type SetTermsOptions = {
  modelId: bigint
  /** The model's part of each fee, in parts of 10,000. */
  creatorBps: number
  ownerEpoch: bigint
  /** Hash of the document with the terms; none by default. */
  termsHash?: Hex | undefined
}

/** Changes a model's part of each fee by its owner's signature; channels that are open keep the part they began with. */
export async function setTerms(connection: Connection, options: SetTermsOptions): Promise<{ tx: Hex }> {
  const { chainId, contracts } = await connection.network()
  const terms: SetTerms.SetTerms = {
    modelId: options.modelId,
    creatorBps: options.creatorBps,
    termsHash: options.termsHash ?? `0x${'0'.repeat(64)}`,
    ownerEpoch: options.ownerEpoch,
    // The contract takes any number above the last one.
    nonce: BigInt(connection.now()),
    deadline: deadlineFrom(connection.now()),
  }
  const domain = Domain.registry(chainId, contracts.ModelRegistry as Hex)
  const signature = await signStruct(signerOf(connection), domain, SetTerms, terms)
  const body = { terms: SetTerms.serialize(terms), signature }
  return (await connection.hub.json('/api/dehug/terms', { method: 'POST', body })) as { tx: Hex }
}
