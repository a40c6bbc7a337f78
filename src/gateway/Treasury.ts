import type { Hex, Lock, RequestClose, Revoke } from '../core/index.ts'
import type { GatewayWire } from '../wire/index.ts'
import type { SignedReceipt } from './Book.ts'

export type SessionState = {
  session: Hex
  payer: Hex
  key: Hex
  /** µUSDC */
  cap: bigint
  /** µUSDC that the session's channels lock or spent. */
  used: bigint
  /** Unix s. */
  expiry: bigint
  revoked: boolean
  /** Zero allows any model. */
  modelsRoot: Hex
}

export type ChannelOnChain = {
  state: 'none' | 'open' | 'closing' | 'closed'
  /** µUSDC */
  locked: bigint
  claimed: bigint
  /** Unix s; 0 unless it is closing. */
  closeAt: bigint
}

/** What a gateway asks of the chain. Transactions answer once they are mined. */
export type Treasury = {
  readonly chainId: number
  /** UsageController. */
  readonly controller: Hex
  readonly usdc: Hex
  /** EIP-712 domain separator of the UsageController. */
  readonly separator: Hex
  /** Undefined when it was never opened. */
  session(id: Hex): Promise<SessionState | undefined>
  /** Ids of all sessions opened for a session key, the latest last. */
  sessionsOf(key: Hex): Promise<Hex[]>
  channel(id: Hex): Promise<ChannelOnChain>
  /** Time of the latest block, unix s. */
  now(): Promise<bigint>
  /** µUSDC of a payer that is not locked. */
  free(payer: Hex): Promise<bigint>
  /** Whether this version of the model is anchored. */
  isAnchored(modelId: bigint, root: Hex): Promise<boolean>
  /** Base URLs of registered providers. */
  providers(): Promise<{ provider: Hex; url: string }[]>
  openSession(body: GatewayWire.SessionBody): Promise<{ tx: Hex }>
  revoke(revoke: Revoke.Revoke, signature: Hex, payer: Hex): Promise<{ tx: Hex }>
  lock(lock: Lock.Lock, modelProof: Hex[], signature: Hex, payer: Hex): Promise<{ tx: Hex }>
  requestClose(request: RequestClose.RequestClose, signature: Hex, payer: Hex): Promise<{ tx: Hex }>
  /** The same without a signature, for a channel whose session has ended. */
  requestCloseOfEnded(channelId: Hex, payer: Hex): Promise<{ tx: Hex }>
  /** Gives back what was not claimed, once `closeAt` is over. */
  finalizeClose(channelId: Hex, payer: Hex): Promise<{ tx: Hex }>
  /** Shows the chain a receipt that goes against the provider's last claim. */
  challengeClaim(signed: SignedReceipt, payer: Hex): Promise<{ tx: Hex }>
  withdraw(body: GatewayWire.WithdrawBody): Promise<{ tx: Hex }>
}
