import type { Hex, Signer } from 'dehug/core'

/** Whoever signs for the person: a key in this browser, or a wallet that shows what it signs. */
export type Wallet = {
  kind: 'burner' | 'connected'
  /** As people know it. */
  name: string
  /** Lower-case. */
  address: Hex
  /** For the SDK: contracts' messages. */
  signer: Signer
  /** Plain text (EIP-191), to sign in. */
  signMessage(text: string): Promise<Hex>
}
