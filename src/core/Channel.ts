import { encode } from './Abi.ts'
import type { Hex } from './Bytes.ts'
import { keccak256 } from './Hash.ts'

/** What names a channel; a channel is used once and by one process (lane). */
export type Terms = { chainId: number; controller: Hex; session: Hex; provider: Hex; modelId: bigint; lane: number }

/** keccak256(abi.encode(chainId, controller, session, provider, modelId, lane)) */
export const id = (terms: Terms): Hex =>
  keccak256(
    encode([
      { type: 'uint', value: terms.chainId },
      { type: 'address', value: terms.controller },
      { type: 'bytes32', value: terms.session },
      { type: 'address', value: terms.provider },
      { type: 'uint', value: terms.modelId },
      { type: 'uint', value: terms.lane },
    ]),
  )
