import type { Chain } from '../chain/web.ts'
import { Domain, type Hex, PullReceipt, Signals, Struct } from '../core/index.ts'
import { SignalsWire } from '../wire/index.ts'
import type { Connection } from './Connection.ts'
import * as Ledger from './Ledger.ts'
import * as PortableSigner from './PortableSigner.ts'

/** One thing that the hub, or whoever posted, says otherwise than chain and signatures. */
export type SignalDifference = { what: string; said: string; found: string }

export type SignalAudit = {
  epoch: number
  pulls: number
  usage: number
  likes: number
  roots: Signals.Roots
  /** Who posted the day on chain; null where nobody did that this hub names. */
  poster: Hex | null
  differences: SignalDifference[]
}

type Served = { oracle: { poster: Hex; posted: unknown } | null }

/**
 * Computes a day's scores again: every receipt by its signature, usage and who paid by the chain's own events, the roots by
 * both, and what was posted on chain by the roots. That a like was given is the hub's word; that its account paid is not.
 */
export async function auditSignals(connection: Connection, epoch: number): Promise<SignalAudit> {
  const served = await connection.hub.json(`/api/dehug/signals/${epoch}`)
  const { format, pulls, usage, likes } = served as SignalsWire.Day
  const day = Struct.parseWith(SignalsWire.Day, { format, epoch, pulls, usage, likes }, 'day of signals')
  const { oracle } = served as Served
  const { chain } = await Ledger.open(connection)
  const roots = Signals.roots(SignalsWire.inputsOf(day))
  const fees = await feesUntil(chain, epoch)
  const differences = [
    ...(await wrongReceipts(connection, chain, day)),
    ...wrongUsage(day, fees),
    ...wrongPaid(day, fees),
    ...(oracle?.posted ? await wrongPost(chain, oracle.poster, epoch, roots) : []),
  ]
  const poster = oracle?.posted ? oracle.poster : null
  return { epoch, pulls: pulls.length, usage: usage.length, likes: likes.length, roots, poster, differences }
}

async function wrongReceipts(
  connection: Connection,
  chain: Chain.Chain,
  day: SignalsWire.Day,
): Promise<SignalDifference[]> {
  const oracle = chain.deployment.contracts.EngagementOracle
  if (!oracle || day.pulls.length === 0) return []
  const separator = Domain.separator(Domain.signals(chain.chainId, oracle))
  const { pullSigner } = (await connection.hub.json('/api/dehug/signals')) as { pullSigner: Hex }
  const wrong: SignalDifference[] = []
  const seen = new Set<string>()
  for (const { repo, versionRoot, puller, tag, day: on, signer, signature } of day.pulls) {
    const receipt = { repo, versionRoot, puller, tag, day: on }
    const who = PullReceipt.by(receipt) === 'wallet' ? puller : pullSigner
    const key = `${versionRoot} ${puller} ${tag} ${repo}`
    const what = `pull of ${repo} by ${PullReceipt.by(receipt) === 'wallet' ? puller : tag}`
    if (seen.has(key)) wrong.push({ what, said: 'counted twice', found: 'one person counts once a day' })
    if (on !== day.epoch) wrong.push({ what, said: `day ${day.epoch}`, found: `day ${on}` })
    const hash = PullReceipt.digest(separator, receipt)
    if (signer !== who || !(await isSigned(chain, who, hash, signature as Hex)))
      wrong.push({ what, said: `signed by ${who}`, found: 'another signature' })
    seen.add(key)
  }
  return wrong
}

async function isSigned(chain: Chain.Chain, address: Hex, hash: Hex, signature: Hex): Promise<boolean> {
  try {
    if (PortableSigner.recover(hash, signature) === address) return true
  } catch {}
  return chain.client.verifyHash({ address, hash, signature }).catch(() => false)
}

/** Protocol fees by channel of the day, and by payer up to its end. */
type Fees = { ofDay: Map<Hex, Signals.Usage>; byPayer: Map<Hex, bigint> }

async function feesUntil(chain: Chain.Chain, epoch: number): Promise<Fees> {
  const [from, to] = [BigInt(epoch) * 86_400n, BigInt(epoch + 1) * 86_400n]
  const payers = new Map<Hex, Hex>()
  const sessions = new Map<Hex, Hex>()
  const fees: Fees = { ofDay: new Map(), byPayer: new Map() }
  const names = ['SessionOpened', 'Locked', 'Claimed'] as const
  for await (const chunk of chain.events({ contracts: ['UsageController'], names })) {
    for (const event of chunk) {
      if (event.timestamp >= to) return fees
      if (event.name === 'SessionOpened') payers.set(event.args.session, event.args.payer)
      if (event.name === 'Locked') sessions.set(event.args.channelId, event.args.session)
      if (event.name !== 'Claimed' || event.args.feeAmount === 0n) continue
      const { channelId, modelId, feeAmount: fee } = event.args
      const payer = payers.get(sessions.get(channelId) ?? '0x')
      if (payer === undefined) continue
      fees.byPayer.set(payer, (fees.byPayer.get(payer) ?? 0n) + fee)
      const before = fees.ofDay.get(channelId)?.fee ?? 0n
      if (event.timestamp >= from) fees.ofDay.set(channelId, { channelId, modelId, payer, fee: before + fee })
    }
  }
  return fees
}

const lineOf = (usage: Signals.Usage | undefined): string =>
  usage ? `${usage.fee} µUSDC of ${usage.payer} for ${usage.modelId}` : 'nothing'

function wrongUsage(day: SignalsWire.Day, { ofDay }: Fees): SignalDifference[] {
  const said = new Map(SignalsWire.inputsOf(day).usage.map((usage) => [usage.channelId, usage]))
  return [...new Set([...said.keys(), ...ofDay.keys()])].flatMap((channel) => {
    const [a, b] = [lineOf(said.get(channel)), lineOf(ofDay.get(channel))]
    return a === b ? [] : [{ what: `usage of channel ${channel}`, said: a, found: b }]
  })
}

function wrongPaid(day: SignalsWire.Day, { byPayer }: Fees): SignalDifference[] {
  const paid = (wallet: Hex) => (byPayer.get(wallet) ?? 0n) >= Signals.weights.paidFromMicroUsdc
  const wrong = (what: string, said: boolean, found: boolean): SignalDifference[] =>
    said === found ? [] : [{ what, said: said ? 'paid before' : 'never paid', found: found ? 'paid' : 'did not pay' }]
  return [
    ...day.pulls.flatMap((pull) => wrong(`puller ${pull.puller}`, pull.paid, paid(pull.puller))),
    ...day.likes.flatMap((like) => wrong(`like of ${like.account}`, true, paid(like.account))),
  ]
}

async function wrongPost(chain: Chain.Chain, poster: Hex, epoch: number, roots: Signals.Roots) {
  const post = await chain.signalPost(poster, epoch)
  const trees = ['pulls', 'usage', 'scores'] as const
  return trees.flatMap((tree): SignalDifference[] =>
    post[tree] === roots[tree] ? [] : [{ what: `root of ${tree} on chain`, said: post[tree], found: roots[tree] }],
  )
}
