import { ApiKey, Bytes, Domain, type Hex, Merkle, RepoId, Session, Struct } from '../core/index.ts'
import { GatewayWire } from '../wire/index.ts'
import { type Connection, signerOf } from './Connection.ts'
import * as Ledger from './Ledger.ts'
import * as PortableSigner from './PortableSigner.ts'
import { signStruct } from './sign-struct.ts'

export type FundOptions = {
  /** Moved from the signer's USDC into its balance; 0 opens a key over what is there already. */
  amountMicroUsdc: bigint
  /** The most that this key may ever spend; the amount by default. */
  capMicroUsdc?: bigint | undefined
  /** When the key stops working; 30 days by default. */
  expiresInSeconds?: number | undefined
  /** The only models it may pay for; any by default. */
  models?: RepoId.RepoId[] | undefined
  /** An existing key to derive the session from; a new one by default. */
  apiKey?: string | undefined
  random?: ((bytes: number) => Uint8Array) | undefined
}

export type FundResult = {
  /** Shown once; whoever has it can spend up to the cap. */
  apiKey: string
  sessionId: Hex
  payer: Hex
  /** Address of the session key. */
  key: Hex
  amountMicroUsdc: bigint
  capMicroUsdc: bigint
  freeMicroUsdc: bigint
  /** Unix seconds. */
  expiry: number
  /** Null where the session had been opened before. */
  tx: Hex | null
}

const defaultExpirySeconds = 30 * 24 * 3600
const authorizationSeconds = 3600
const anyModel: Hex = `0x${'0'.repeat(64)}`

/**
 * Makes an inference key: draws 32 random bytes, derives the session key, and signs once, a USDC authorization whose
 * nonce is the session's id, so that one signature deposits and sets cap, expiry and models. The gateway relays it.
 */
export async function fund(connection: Connection, options: FundOptions): Promise<FundResult> {
  const random = options.random ?? ((count) => globalThis.crypto.getRandomValues(new Uint8Array(count)))
  const apiKey = options.apiKey ?? ApiKey.from(random(32))
  const now = Math.floor(connection.now() / 1000)
  const expiry = now + (options.expiresInSeconds ?? defaultExpirySeconds)
  const models = options.models?.map(RepoId.modelId)
  const session: Session.Session = {
    payer: signerOf(connection).address,
    key: PortableSigner.from(ApiKey.sessionKey(apiKey)).address,
    cap: options.capMicroUsdc ?? options.amountMicroUsdc,
    expiry: BigInt(expiry),
    modelsRoot: models ? Merkle.root(models.map(Merkle.modelLeaf)) : anyModel,
    salt: Bytes.toHex(random(32)),
  }
  const validBefore = BigInt(now + authorizationSeconds)
  const signature = await sign(connection, session, options.amountMicroUsdc, validBefore)
  const gateway = await connection.openGateway()
  const answer = await gateway.json('/v1/sessions', {
    method: 'POST',
    body: {
      session: Session.serialize(session),
      amount: options.amountMicroUsdc.toString(),
      validAfter: '0',
      validBefore: validBefore.toString(),
      signature,
      ...(models ? { models: models.map(String) } : {}),
    },
  })
  const opened = Struct.parseWith(GatewayWire.SessionResult, answer, 'session')
  return {
    apiKey,
    sessionId: Session.structHash(session),
    payer: session.payer,
    key: session.key,
    amountMicroUsdc: options.amountMicroUsdc,
    capMicroUsdc: session.cap,
    freeMicroUsdc: opened.free,
    expiry,
    tx: opened.tx,
  }
}

/** With money: USDC's ReceiveWithAuthorization (EIP-3009). Without: the session itself. */
async function sign(
  connection: Connection,
  session: Session.Session,
  amountMicroUsdc: bigint,
  validBefore: bigint,
): Promise<Hex> {
  const { deployment } = await Ledger.open(connection)
  const signer = signerOf(connection)
  const domain = Domain.usage(deployment.chainId, deployment.contracts.UsageController)
  if (amountMicroUsdc === 0n) return signStruct(signer, domain, Session, session)
  const { Usdc } = await import('../chain/web.ts')
  const { digest, typedData } = Usdc.receiveAuthorization({
    deployment,
    payer: session.payer,
    sessionId: Session.structHash(session),
    amountMicroUsdc,
    validBefore,
  })
  return signer.signTyped ? signer.signTyped(typedData) : signer.sign(digest)
}
