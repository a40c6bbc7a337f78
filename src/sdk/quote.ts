import { Domain, type EngineRequest, type Hex, Offer, Price, Struct, VerificationFailed } from '../core/index.ts'
import { GatewayWire } from '../wire/index.ts'
import type { Connection } from './Connection.ts'
import { recover } from './PortableSigner.ts'

export type QuoteOptions = {
  /** `ns/name`. */
  model: string
  /** What is going to be asked; without it the price of the largest request. */
  prompt?: string | undefined
  maxTokens?: number | undefined
  /** The whole request, of any task, instead of the two above. */
  request?: EngineRequest.EngineRequest | undefined
}

/** The cheapest offer for a request and the most it can cost, after checking the provider's signature and the sum. */
export async function quote(connection: Connection, options: QuoteOptions): Promise<GatewayWire.QuoteResult> {
  const { chainId, contracts } = await connection.network()
  const gateway = await connection.openGateway()
  const body = {
    model: options.model,
    ...(options.request === undefined ? {} : { request: options.request }),
    ...(options.prompt === undefined ? {} : { messages: [{ role: 'user', content: options.prompt }] }),
    ...(options.maxTokens === undefined ? {} : { max_tokens: options.maxTokens }),
  }
  const answer = Struct.parseWith(
    GatewayWire.QuoteResult,
    await gateway.json('/v1/quote', { method: 'POST', body, retry: true }),
    'quote',
  )
  const separator = Domain.separator(Domain.usage(chainId, contracts.UsageController as Hex))
  const signer = recover(Offer.digest(separator, answer.offer), answer.signature)
  if (signer !== answer.offer.provider) throw new QuoteRefused('the provider did not sign its offer')
  if (answer.maxFee !== Price.fee(answer.offer, answer.units))
    throw new QuoteRefused('its fee is not the price of its units')
  return answer
}

/** A quote contradicts itself. */
export class QuoteRefused extends VerificationFailed {
  constructor(why: string) {
    super(`The quote was refused: ${why}.`, { code: 'quote_refused', hint: 'Ask another gateway.' })
  }
}
