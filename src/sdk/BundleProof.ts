import { z } from 'zod'
import type { AnchorRecord } from '../chain/index.ts'
import {
  Bytes,
  Cid,
  Domain,
  type Hex,
  Json,
  type Manifest,
  Mint,
  Publish,
  Struct,
  VerificationFailed,
} from '../core/index.ts'
import * as PortableSigner from './PortableSigner.ts'

const bytes32 = z.string().regex(/^0x[0-9a-f]{64}$/)
const address = z.string().regex(/^0x[0-9a-f]{40}$/)
const decimal = z.string().regex(/^\d{1,20}$/)

/**
 * What a bundle says about how its version came on chain. Without a network only the signature can be checked: that the
 * publisher's key signed exactly this version for this registry. Transaction and block say where to look on the chain.
 */
const schema = z.strictObject({
  schema: z.literal('dehug.anchor.v1'),
  chainId: z.int().min(1),
  registry: address,
  publisher: address,
  transaction: bytes32,
  block: z.strictObject({ number: decimal, hash: bytes32, timestamp: decimal }),
  signed: z
    .strictObject({
      kind: z.enum(['mint', 'publish']),
      message: z.record(z.string(), z.unknown()),
      signature: z.string().regex(/^0x([0-9a-f]{2}){1,4096}$/),
    })
    .nullable(),
})

export type BundleProof = z.infer<typeof schema>

export function from(chainId: number, registry: Hex, record: AnchorRecord.AnchorRecord): BundleProof {
  const { signed, block } = record
  return schema.parse({
    schema: 'dehug.anchor.v1',
    chainId,
    registry,
    publisher: record.publisher,
    transaction: record.tx,
    block: { number: block.number.toString(), hash: block.hash, timestamp: block.timestamp.toString() },
    signed: signed && {
      kind: signed.kind,
      message: signed.kind === 'mint' ? Mint.serialize(signed.message) : Publish.serialize(signed.message),
      signature: signed.signature,
    },
  })
}

export const serialize = (proof: BundleProof): string => Json.canonical(proof)

/** Throws `BadInput`. */
export const parse = (text: string): BundleProof =>
  Struct.parseWith(schema, Json.parse(text, { what: 'proof' }), 'proof')

/** What could be checked about the publisher without a network. */
export type Checked = 'signature' | 'contract-signature' | 'none'

/**
 * Checks that the proof is about this manifest and that the signature is the publisher's. A signature of a contract account
 * (ERC-1271) can only be checked on chain, and a version that came through another contract shows none. Throws {@link BadProof}.
 */
export function check(proof: BundleProof, manifest: Manifest.Manifest, cid: string): Checked {
  if (!proof.signed) return 'none'
  const { kind, message, signature } = proof.signed
  const value = kind === 'mint' ? Mint.parse(message) : Publish.parse(message)
  const expected: Record<string, string> = {
    repo: manifest.repo,
    root: manifest.root,
    manifestCid: Bytes.toHex(Cid.bytes(cid)),
    fileCount: String(manifest.fileCount),
  }
  for (const [field, wanted] of Object.entries(expected)) {
    const given = String(value[field as keyof typeof value])
    if (given !== wanted) throw new BadProof(`it signs ${field} ${given.slice(0, 80)}; the manifest has ${wanted}`)
  }
  if (signature.length !== 2 + 2 * 65) return 'contract-signature'
  const separator = Domain.separator(Domain.registry(proof.chainId, proof.registry as Hex))
  const digest =
    kind === 'mint' ? Mint.digest(separator, value as Mint.Mint) : Publish.digest(separator, value as Publish.Publish)
  const signer = PortableSigner.recover(digest, signature as Hex)
  if (signer !== proof.publisher) throw new BadProof(`it is signed by ${signer}, not by ${proof.publisher}`)
  return 'signature'
}

/** For people: what is certain, and what only the chain can say. */
export const describe = (
  proof: BundleProof,
  checked: Checked,
  chain: 'not asked' | 'has it' = 'not asked',
): string[] => {
  const says = {
    signature: `signed by ${proof.publisher}: checked`,
    'contract-signature': `signed by the contract account ${proof.publisher}: only the chain can check it`,
    none: `published by ${proof.publisher} through another contract: only the chain can check it`,
  }
  return [
    says[checked],
    `chain ${proof.chainId}, registry ${proof.registry}, block ${proof.block.number}, tx ${proof.transaction}: ${chain}`,
  ]
}

/** The proof of a bundle and its manifest do not belong together. */
export class BadProof extends VerificationFailed {
  constructor(why: string) {
    super(`The proof of the bundle does not hold: ${why}.`, {
      code: 'bad_proof',
      hint: 'Do not use this bundle; ask for another.',
    })
  }
}
