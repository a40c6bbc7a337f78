import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import * as core from './index.ts'
import { BadInput, type Struct } from './index.ts'
import { schemas } from './schemas.ts'

const root = new URL('../../spec/', import.meta.url)
const read = (path: string) => JSON.parse(readFileSync(new URL(path, root), 'utf8'))
const vectors = (noun: string, kind: 'valid' | 'invalid') =>
  readdirSync(new URL(`vectors/${noun}/${kind}/`, root)).map(
    (name) => [name.replace('.json', ''), read(`vectors/${noun}/${kind}/${name}`)] as const,
  )

const structs: Record<
  string,
  Pick<Struct.Struct<Struct.Fields>, 'type' | 'structHash' | 'digest' | 'parse' | 'serialize'>
> = {
  claim: core.Claim,
  delegate: core.Delegate,
  lock: core.Lock,
  mint: core.Mint,
  offer: core.Offer,
  publish: core.Publish,
  'pull-receipt': core.PullReceipt,
  receipt: core.Receipt,
  register: core.Register,
  release: core.Release,
  'request-close': core.RequestClose,
  'revenue-withdraw': core.RevenueWithdraw,
  revoke: core.Revoke,
  session: core.Session,
  'set-terms': core.SetTerms,
  voucher: core.Voucher,
  withdraw: core.Withdraw,
  'withdraw-credit': core.WithdrawCredit,
} as never

describe.each(Object.entries(structs))('%s', (noun, struct) => {
  test.each(vectors(noun, 'valid'))('behavior: hashes the vector "%s" as EIP-712 says', (_, vector) => {
    const value = struct.parse(vector.value)
    expect(struct.type).toBe(vector.type)
    expect(struct.structHash(value)).toBe(vector.structHash)
    expect(struct.digest(core.Domain.separator(vector.domain), value)).toBe(vector.digest)
    expect(struct.serialize(value)).toEqual(vector.value)
  })

  test.each(vectors(noun, 'invalid'))('error: refuses the vector "%s"', (_, vector) => {
    expect(() => struct.parse(vector.value)).toThrow(BadInput)
  })
})

describe('JSON Schemas', () => {
  const ajv = new Ajv2020({
    strict: false,
    formats: { base64: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/ },
  })

  test.each(Object.entries(schemas()))('behavior: spec/schemas/%s.json is what the code parses by', (noun, schema) => {
    expect(read(`schemas/${noun}.json`)).toEqual(schema)
  })

  test.each(Object.keys(structs))('behavior: the schema of %s takes the valid vectors', (noun) => {
    const validate = ajv.compile(schemas()[noun] as object)
    for (const [, vector] of vectors(noun, 'valid')) expect(validate(vector.value)).toBe(true)
  })

  test('behavior: manifests, answers and batches validate', () => {
    for (const noun of ['manifest', 'answer', 'batch']) {
      const validate = ajv.compile(schemas()[noun] as object)
      for (const [, vector] of vectors(noun, 'valid')) expect(validate(vector[noun])).toBe(true)
    }
  })
})

test.each(vectors('merkle', 'valid'))(
  'behavior: Merkle tree "%s" equals OpenZeppelin\'s',
  (_, { files, root, leaf, proofOfLast }) => {
    const leaves = files.map(core.Manifest.leafOf)
    expect(core.Merkle.root(leaves)).toBe(root)
    expect(leaves.at(-1)).toBe(leaf)
    expect(core.Merkle.proof(leaves, leaf)).toEqual(proofOfLast)
    expect(core.Merkle.verify(root, leaf, proofOfLast)).toBe(true)
    expect(core.Merkle.verify(leaf, root, proofOfLast)).toBe(proofOfLast.length === 0 && root === leaf)
  },
)

test('error: a Merkle tree without leaves', () => {
  expect(() => core.Merkle.root([])).toThrow('A Merkle tree needs at least one leaf.')
})

test.each(vectors('channel', 'valid'))('behavior: channel id "%s"', (_, { value, id }) => {
  expect(core.Channel.id({ ...value, modelId: BigInt(value.modelId) })).toBe(id)
})

test.each(vectors('job', 'valid'))('behavior: job "%s"', (_, vector) => {
  expect(core.Json.canonical(vector.request)).toBe(vector.canonical)
  expect(core.Json.canonical(core.EngineRequest.parse(vector.request))).toBe(vector.canonical)
  expect(core.Job.id(vector.payer, vector.idempotencyKey)).toBe(vector.jobId)
  expect(core.Job.requestHash(vector.salt, vector.request)).toBe(vector.requestHash)
  expect(core.Job.context(vector.jobId, vector.offerHash, vector.requestHash)).toBe(vector.context)
})

const bigints = <T extends Record<string, string>>(of: T) =>
  Object.fromEntries(Object.entries(of).map(([key, value]) => [key, BigInt(value)])) as { [K in keyof T]: bigint }

test.each(vectors('price', 'valid'))('behavior: price "%s"', (_, { price, units, fee }) => {
  expect(core.Price.fee(bigints(price) as never, bigints(units) as never)).toBe(BigInt(fee))
})

test.each(vectors('split', 'valid'))('behavior: split "%s"', (_, vector) => {
  const { protocolFee, model, provider } = bigints({
    protocolFee: vector.protocolFee,
    model: vector.model,
    provider: vector.provider,
  })
  expect(core.Split.ofClaim(BigInt(vector.delta), vector)).toEqual({ protocolFee, model, provider })
})

test.each(vectors('api-key', 'valid'))('behavior: API key "%s"', (_, { random, apiKey, sessionKey }) => {
  expect(core.ApiKey.from(core.Bytes.fromHex(random))).toBe(apiKey)
  expect(core.ApiKey.sessionKey(apiKey)).toBe(sessionKey)
})

test.each(vectors('api-key', 'invalid'))('error: API key "%s"', (_, { apiKey }) => {
  expect(() => core.ApiKey.sessionKey(apiKey)).toThrow('The API key is not valid')
})

test.each(vectors('path', 'valid'))('behavior: path "%s" is accepted', (_, { path }) => {
  core.Path.assertSafe(path)
})

test.each(vectors('path', 'invalid'))('error: path "%s" is refused', (_, { path }) => {
  expect(() => core.Path.assertSafe(path)).toThrow(/^The path ".*" is not accepted: /s)
})

test.each(vectors('repo-id', 'valid'))('behavior: repository name "%s"', (_, { text, key, modelId }) => {
  expect(core.RepoId.key(core.RepoId.parse(text))).toBe(key)
  expect(core.RepoId.modelId(core.RepoId.parse(text))).toBe(BigInt(modelId))
})

test.each(vectors('repo-id', 'invalid'))('error: repository name "%s"', (_, { text }) => {
  expect(() => core.RepoId.parse(text)).toThrow('is not a repository name')
})

test.each(vectors('answer', 'valid'))('behavior: answer "%s"', (_, { answer, hash }) => {
  expect(core.Answer.hash(core.Answer.parse(answer))).toBe(hash)
})

test.each(vectors('answer', 'invalid'))('error: answer "%s"', (_, { answer }) => {
  expect(() => core.Answer.parse(answer)).toThrow('This is not a valid answer')
})

test.each(vectors('manifest', 'valid'))('behavior: manifest "%s"', (_, { manifest, root }) => {
  const parsed = core.Manifest.parse(JSON.stringify(manifest))
  expect(parsed.root).toBe(root)
  expect(core.Manifest.parse(core.Manifest.serialize(parsed))).toEqual(manifest)
})

test.each(vectors('manifest', 'invalid'))('error: manifest "%s"', (_, { manifest }) => {
  expect(() => core.Manifest.parse(JSON.stringify(manifest))).toThrow(BadInput)
})

test.each(vectors('batch', 'valid'))('behavior: batch "%s"', (_, { batch, root }) => {
  const parsed = core.Batch.parse(JSON.stringify(batch))
  expect(core.Batch.root(parsed)).toBe(root)
  expect(JSON.parse(core.Batch.serialize(parsed))).toEqual(batch)
})

test.each(vectors('batch', 'invalid'))('error: batch "%s"', (_, { batch }) => {
  expect(() => core.Batch.parse(JSON.stringify(batch))).toThrow(BadInput)
})
