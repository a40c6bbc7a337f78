import { type Call, Calls, type Chain, DevKeys, RelayBudget, Relayer } from '../src/chain/index.ts'
import {
  ApiKey,
  Bytes,
  Channel,
  Domain,
  Hash,
  type Hex,
  Job,
  Lock,
  Offer,
  Price,
  RequestClose,
  type Signer,
  Voucher,
} from '../src/core/index.ts'
import { Client, Ledger, PortableSigner } from '../src/sdk/index.ts'
import { ProviderWire } from '../src/wire/index.ts'
import type { TestNetwork } from './network.ts'

/** Sends transactions that anybody may send, and pays their gas. */
export async function relayerOf(chain: Chain.Chain, name: DevKeys.DevName): Promise<Relayer.Relayer> {
  const key = DevKeys.get(name, chain.chainId).privateKey
  return Relayer.start({ chain, key, budget: RelayBudget.inMemory({ now: Date.now }) })
}

/** A client of a development account with a new inference key over so much money. */
export async function withKey(
  network: TestNetwork,
  name: DevKeys.DevName,
  amountMicroUsdc: bigint,
  capMicroUsdc = amountMicroUsdc,
) {
  const signer = PortableSigner.from(DevKeys.get(name, DevKeys.devChainId).privateKey)
  const options = { endpoint: network.hub, rpcUrl: network.rpcUrl, signer }
  const { apiKey, key } = await Client.from(options).fund({ amountMicroUsdc, capMicroUsdc })
  return { client: Client.from({ ...options, apiKey }), apiKey, key }
}

/** A channel, and what was signed on it last. */
export type Lane = { channelId: Hex; n: bigint; ceiling: bigint }

export type Ask = { text: string; key: string; maxTokens?: number; maxOut?: bigint; stream?: boolean }

const maxIn = 200n
const maxMs = 60_000n

/** A payer who talks to chain and provider without a gateway and signs whatever it likes. */
export type RawPayer = Awaited<ReturnType<typeof rawPayer>>

export async function rawPayer(
  network: TestNetwork,
  send: (call: Call) => Promise<unknown>,
  of: { name: DevKeys.DevName; amountMicroUsdc: bigint; expiresInSeconds?: number },
) {
  const client = network.client(of.name)
  const session = await client.fund(of)
  const key = PortableSigner.from(ApiKey.sessionKey(session.apiKey))
  const { chain, deployment } = await Ledger.open(client.connection)
  const { chainId, contracts } = deployment
  const controller = contracts.UsageController
  const domain = Domain.separator(Domain.usage(chainId, controller))
  const provider = DevKeys.get('node-1', chainId).address
  const url = (await chain.provider(provider))?.url ?? ''
  const { offers } = ProviderWire.Offers.parse(await (await fetch(`${url}/offers`)).json())
  const { offer } = offers[0] as ProviderWire.SignedOffer
  const offerHash = Offer.structHash(offer)
  let lanes = 0

  const sign = (voucher: Voucher.Voucher, signer: Signer = key, separator = domain) =>
    signer.sign(Voucher.digest(separator, voucher)) as Hex

  const idOf = (lane: number, sessionId = session.sessionId) =>
    Channel.id({ chainId, controller, session: sessionId, provider, modelId: offer.modelId, lane })

  /** Locks `add` µUSDC on a channel of its own. */
  const lock = async (add: bigint, sessionId = session.sessionId): Promise<Lane> => {
    lanes += 1
    const { modelId } = offer
    const deadline = (await chain.now()) + 600n
    const terms = { session: sessionId, provider, modelId, lane: lanes, add, maxCreatorBps: 10_000 }
    const message = { ...terms, nonce: Bytes.toBigInt(randomBytes(8)), deadline }
    await send(Calls.lock(deployment, message, [], key.sign(Lock.digest(domain, message)) as Hex))
    return { channelId: idOf(lanes, sessionId), n: 0n, ceiling: 0n }
  }

  /** A job whose voucher covers it, and nothing wrong with it; the lane's ceiling rises by its largest fee. */
  const job = (lane: Lane, ask: Ask): ProviderWire.JobBody => {
    const { text, maxTokens = 8, maxOut = BigInt(maxTokens), stream = false } = ask
    const request = { task: 'text-generation', messages: [{ role: 'user', content: text }], maxTokens }
    const jobId = Job.id(session.payer, ask.key)
    const salt = Bytes.toHex(randomBytes(32))
    lane.n += 1n
    lane.ceiling += Price.fee(offer, { in: maxIn, out: maxOut, ms: maxMs })
    const context = Job.context(jobId, offerHash, Job.requestHash(salt, request))
    const voucher = { channelId: lane.channelId, n: lane.n, ceiling: lane.ceiling, context }
    return {
      ...{ channelId: lane.channelId, jobId, keyHash: Hash.keccak256(Bytes.utf8(ask.key)), payer: session.payer },
      ...{ voucher, voucherSignature: sign(voucher), offerHash, request, salt, maxIn, maxOut, maxMs, stream },
    }
  }

  const post = (path: string, body: unknown) =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: ProviderWire.toJson(body),
    })

  return {
    ...{ session, key, chain, deployment, domain, provider, url, offer, idOf, lock, job, sign },
    start: (body: ProviderWire.JobBody) => post('/jobs', body),
    /** The result, or `<status> <code>` of the refusal. */
    run: async (body: ProviderWire.JobBody): Promise<ProviderWire.JobResult | string> => {
      const answer = await post('/jobs', body)
      const json = await answer.json()
      return answer.ok ? ProviderWire.JobResult.parse(json) : `${answer.status} ${json.code}`
    },
    book: async (channelId: Hex) =>
      ProviderWire.ChannelState.parse(await (await fetch(`${url}/channels/${channelId}`)).json()),
    requestClose: async (channelId: Hex) => {
      const message = { channelId, deadline: (await chain.now()) + 600n }
      await send(Calls.requestCloseBySig(deployment, message, key.sign(RequestClose.digest(domain, message)) as Hex))
    },
    /** Has the provider claim what is due and give the rest back; true when it did. */
    release: async (channelId: Hex) => {
      const request = { channelId, deadline: BigInt(Math.floor(Date.now() / 1000)) + 600n }
      const signature = key.sign(RequestClose.digest(domain, request))
      return post(`/channels/${channelId}/release`, { request, signature })
    },
  }
}

const randomBytes = (count: number) => globalThis.crypto.getRandomValues(new Uint8Array(count))

/** Calls the development chain's own methods. */
export async function rpc<T>(url: string, method: string, params: unknown[]): Promise<T> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const { result, error } = await answer.json()
  if (error) throw new Error(`${method}: ${error.message}`)
  return result
}
