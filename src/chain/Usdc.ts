import { Domain, type Hex, Struct } from '../core/index.ts'
import type { Deployment } from './DeploymentShape.ts'

const struct = Struct.define('ReceiveWithAuthorization', {
  from: 'address',
  to: 'address',
  value: 'uint256',
  validAfter: 'uint256',
  validBefore: 'uint256',
  nonce: 'bytes32',
})

/** EIP-3009: the holder lets `to` (and nobody else) pull `value` µUSDC between the two unix times, once per nonce. */
export type ReceiveAuthorization = Struct.Value<typeof struct.fields>
export const { type, schema, structHash, parse, serialize } = struct

/** The EIP-712 domain of the network's USDC; its name is "USD Coin" on Base and "USDC" on Base Sepolia. */
export const domain = (deployment: Deployment): Domain.Domain => ({
  name: deployment.usdc.name,
  version: deployment.usdc.version,
  chainId: deployment.chainId,
  verifyingContract: deployment.contracts.USDC,
})

/** What the payer signs so that one signature deposits and opens a session: the nonce is the session id. */
export function receiveAuthorization(terms: {
  deployment: Deployment
  payer: Hex
  sessionId: Hex
  amountMicroUsdc: bigint
  validAfter?: bigint
  /** Unix seconds. */
  validBefore: bigint
}) {
  const message: ReceiveAuthorization = {
    from: terms.payer,
    to: terms.deployment.contracts.UsageController,
    value: terms.amountMicroUsdc,
    validAfter: terms.validAfter ?? 0n,
    validBefore: terms.validBefore,
    nonce: terms.sessionId,
  }
  return authorization(terms.deployment, message)
}

/** Digest for a signer, and the same as typed data for `eth_signTypedData_v4` of a wallet. */
export function authorization(deployment: Deployment, message: ReceiveAuthorization) {
  const on = domain(deployment)
  return {
    message,
    digest: struct.digest(Domain.separator(on), message),
    typedData: {
      domain: on,
      primaryType: struct.name,
      types: {
        ReceiveWithAuthorization: Object.entries(struct.fields).map(([name, kind]) => ({ name, type: kind })),
      },
      message: serialize(message),
    },
  }
}
