import { type Hex, Price, RepoId } from '../../core/index.ts'
import type { FundResult } from '../../sdk/index.ts'
import type { GatewayWire } from '../../wire/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import * as Format from '../Format.ts'
import { type Io, note, print } from '../Io.ts'
import * as Keystore from '../Keystore.ts'
import * as TimeSpan from '../TimeSpan.ts'

export type FundOptions = ConnectOptions & {
  cap?: string | undefined
  expires?: string | undefined
  model?: string[] | undefined
  /** Keep the key out of the key file. */
  noSave?: boolean | undefined
}

/** Deposits USDC and makes an inference key with a limit, by one signature. */
export async function fund(amount: string, options: FundOptions, io: Io): Promise<FundResult> {
  const client = await connect(options, io)
  const result = await client.fund({
    amountMicroUsdc: Price.fromUsdc(amount),
    capMicroUsdc: options.cap === undefined ? undefined : Price.fromUsdc(options.cap),
    expiresInSeconds: options.expires === undefined ? undefined : TimeSpan.seconds(options.expires),
    models: options.model?.map((name) => RepoId.parse(name)),
  })
  if (!options.noSave) {
    await Keystore.update(io.config.home, (keys) => ({
      ...keys,
      apiKeys: { ...keys.apiKeys, [client.connection.endpoint]: result.apiKey },
    }))
  }
  print(io, result.apiKey)
  note(
    io,
    `Deposited ${Format.usdc(result.amountMicroUsdc)}; the key may spend ${Format.usdc(result.capMicroUsdc)} until ${day(result.expiry)}.`,
  )
  note(io, `tx ${result.tx}`)
  return result
}

/** What this key may still spend, and where its money is. */
export async function balance(options: ConnectOptions, io: Io): Promise<GatewayWire.Balance> {
  const client = await connect(options, io)
  const found = await client.balance()
  const rows = [
    [
      'balance',
      `${Format.usdc(found.free)} free, ${Format.usdc(found.locked)} locked, ${Format.usdc(found.spent)} spent`,
    ],
    [
      'limit',
      `${Format.usdc(found.limit.left)} of ${Format.usdc(found.limit.cap)} left until ${day(Number(found.limit.expiry))}${found.limit.revoked ? ', revoked' : ''}`,
    ],
    ...found.channels.map((channel) => [
      'channel',
      `${channel.channelId} with ${channel.provider}: ${Format.usdc(channel.spent)} of ${Format.usdc(channel.locked)}`,
    ]),
  ]
  print(io, Format.table(rows))
  return found
}

/** Settles idle channels and frees what is left in them. */
export async function release(
  channelId: string | undefined,
  options: ConnectOptions,
  io: Io,
): Promise<GatewayWire.ReleaseResult> {
  const client = await connect(options, io)
  const result = await client.release({ channelId: channelId as Hex | undefined })
  for (const one of result.released)
    print(io, `${one.channelId}: ${Format.usdc(one.released)} freed, ${Format.usdc(one.spent)} paid, tx ${one.tx}`)
  for (const one of result.kept) print(io, `${one.channelId}: kept, ${one.reason}`)
  if (result.released.length + result.kept.length === 0) print(io, 'No open channels.')
  return result
}

const day = (unixSeconds: number) => new Date(unixSeconds * 1000).toISOString().slice(0, 10)
