import { Domain, type Hex, type Signer, type Struct } from '../core/index.ts'

type Signed<T> = {
  type: string
  digest(separator: Hex, message: T): Hex
  serialize(message: T): Record<string, unknown>
}

/** Signs an EIP-712 message of one of our contracts: its digest, or the message itself where a wallet shows it. */
export const signStruct = async <T>(
  signer: Signer,
  domain: Domain.Domain,
  struct: Signed<T>,
  message: T,
): Promise<Hex> =>
  signer.signTyped
    ? signer.signTyped(typedData(domain, struct, message))
    : signer.sign(struct.digest(Domain.separator(domain), message))

/** As wallets take it with `eth_signTypedData_v4`. */
export function typedData<T>(domain: Domain.Domain, struct: Signed<T>, message: T): Struct.TypedData {
  const [, primaryType = '', fields = ''] = /^(\w+)\((.*)\)$/.exec(struct.type) ?? []
  const types = fields.split(',').map((field) => {
    const [type = '', name = ''] = field.split(' ')
    return { name, type }
  })
  return { domain, primaryType, types: { [primaryType]: types }, message: struct.serialize(message) }
}
