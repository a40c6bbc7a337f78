import { Price } from '../../core/index.ts'
import type { GatewayWire } from '../../wire/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import * as Format from '../Format.ts'
import { type Io, print } from '../Io.ts'

export type QuoteOptions = ConnectOptions & { maxTokens?: number | undefined }

/** The most that one request can cost, from the cheapest provider. */
export async function quote(
  model: string,
  prompt: string | undefined,
  options: QuoteOptions,
  io: Io,
): Promise<GatewayWire.QuoteResult> {
  const client = await connect(options, io)
  const found = await client.quote({ model, prompt, maxTokens: options.maxTokens })
  const { units, offer } = found
  print(io, `At most ${Format.usdc(found.maxFee)} for ${units.in} tokens in and ${units.out} out`)
  print(io, `provider ${offer.provider}, offer valid until ${new Date(Number(offer.validUntil) * 1000).toISOString()}`)
  return found
}

/** The prices that providers ask for a model. */
export async function price(model: string, options: ConnectOptions, io: Io): Promise<GatewayWire.QuoteResult> {
  const client = await connect(options, io)
  const found = await client.quote({ model, prompt: 'hello', maxTokens: 1 })
  const { offer } = found
  const perMillion = (microUsdc: bigint) => `${Price.toUsdc(microUsdc)} USDC per million`
  const rows = [
    ['model', found.model],
    ['task', found.task],
    ['provider', offer.provider],
    ['units in', perMillion(offer.priceIn)],
    ['units out', perMillion(offer.priceOut)],
    ['milliseconds', perMillion(offer.priceMs)],
    ['each call', `${Price.toUsdc(offer.priceCall)} USDC`],
    ['limits', `${offer.maxIn} in, ${offer.maxOut} out, ${offer.maxMs} ms`],
  ]
  print(io, Format.table(rows))
  return found
}
