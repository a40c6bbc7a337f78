import { Domain, type Hex, Withdraw } from '../core/index.ts'
import { type Connection, signerOf } from './Connection.ts'
import { signStruct } from './sign-struct.ts'

export type WithdrawOptions = {
  amountMicroUsdc: bigint
  /** The signer's own address by default. */
  to?: Hex | undefined
}

export type WithdrawResult = { tx: Hex; to: Hex; amountMicroUsdc: bigint }

/** How long the relayer may take. */
const deadlineSeconds = 3600

/** Takes free balance out at once: one signature, which a gateway relays. Throws `DehugError` where less is free. */
export async function withdraw(connection: Connection, options: WithdrawOptions): Promise<WithdrawResult> {
  const signer = signerOf(connection)
  const { chainId, contracts } = await connection.network()
  const message: Withdraw.Withdraw = {
    payer: signer.address,
    to: options.to ?? signer.address,
    amount: options.amountMicroUsdc,
    nonce: randomNonce(),
    deadline: deadlineFrom(connection.now()),
  }
  const domain = Domain.usage(chainId, contracts.UsageController as Hex)
  const signature = await signStruct(signer, domain, Withdraw, message)
  const tx = await relay(connection, { kind: 'free', withdraw: Withdraw.serialize(message), signature })
  return { tx, to: message.to, amountMicroUsdc: message.amount }
}

/** Sends a signed withdrawal to the gateway; returns the hash of the mined transaction. */
export async function relay(
  connection: Connection,
  body: { kind: 'free' | 'credit' | 'revenue'; withdraw: unknown; signature: Hex },
): Promise<Hex> {
  const gateway = await connection.openGateway()
  const answer = (await gateway.json('/v1/withdrawals', { method: 'POST', body })) as { tx: Hex }
  return answer.tx
}

/** The contracts keep a set of used nonces, so any unused number will do. */
export const randomNonce = (): bigint => globalThis.crypto.getRandomValues(new BigUint64Array(1))[0] as bigint

export const deadlineFrom = (nowMs: number): bigint => BigInt(Math.floor(nowMs / 1000) + deadlineSeconds)
