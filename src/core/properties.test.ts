import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  Abi,
  Answer,
  ApiKey,
  BadInput,
  Batch,
  Bytes,
  DehugError,
  EngineRequest,
  type Hex,
  Json,
  License,
  Manifest,
  Merkle,
  NotFound,
  Path,
  PaymentNeeded,
  Price,
  Quote,
  RepoId,
  Split,
  Struct,
  Version,
} from './index.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const micro = fc.bigInt({ min: 0n, max: 10n ** 15n })
const throwsOnly = (Class: typeof DehugError, f: () => unknown) => {
  try {
    f()
  } catch (error) {
    if (!(error instanceof Class)) throw error
  }
}

describe('Bytes', () => {
  test('behavior: hexadecimal and bytes are inverse', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (of) => Bytes.equals(Bytes.fromHex(Bytes.toHex(of)), of)))
  })

  test('behavior: numbers and bytes are inverse', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (n) => Bytes.toBigInt(Bytes.fromBigInt(n, 32)) === n),
    )
  })

  test('error: any other text', () => {
    fc.assert(fc.property(fc.string(), (text) => throwsOnly(BadInput, () => Bytes.fromHex(text))))
    expect(() => Bytes.fromHex('0xzz')).toThrow('"0xzz" is not hexadecimal: expected an even number of digits 0-9 a-f.')
  })
})

describe('Price', () => {
  test('behavior: a fee is never below the exact price and less than one unit above it', () => {
    fc.assert(
      fc.property(micro, micro, micro, micro, micro, (priceIn, priceOut, input, output, priceCall) => {
        const fee = Price.fee({ priceIn, priceOut, priceMs: 0n, priceCall }, { in: input, out: output, ms: 0n })
        const exact = priceIn * input + priceOut * output + priceCall * 1_000_000n
        return fee * 1_000_000n >= exact && (fee - 1n) * 1_000_000n < exact
      }),
    )
  })

  test('behavior: dollars survive being written and read', () => {
    fc.assert(fc.property(micro, (amount) => Price.fromUsdc(Price.toUsdc(amount)) === amount))
    expect([0n, 1n, 10n, 1_500_000n, -250_000n].map(Price.toUsdc)).toEqual([
      '0.00',
      '0.000001',
      '0.00001',
      '1.50',
      '-0.25',
    ])
  })

  test('error: more decimals than there are', () => {
    expect(() => Price.fromUsdc('0.0000001')).toThrow('"0.0000001" is not an amount of USDC.')
  })

  test('behavior: a quote covers every smaller use of its offer', () => {
    const offer = {
      priceIn: 3n,
      priceOut: 7n,
      priceMs: 1n,
      priceCall: 2n,
      maxIn: 10n ** 6n,
      maxOut: 10n ** 6n,
      maxMs: 1000n,
    } as never
    const units = fc.record({ in: fc.bigInt(0n, 10n ** 7n), out: fc.bigInt(0n, 10n ** 7n), ms: fc.bigInt(0n, 2000n) })
    fc.assert(
      fc.property(units, fc.integer({ min: 0, max: 100 }), (wanted, percent) => {
        const quote = Quote.from(offer, wanted)
        const part = (n: bigint) => (n * BigInt(percent)) / 100n
        return (
          Price.fee(offer, { in: part(quote.units.in), out: part(quote.units.out), ms: part(quote.units.ms) }) <=
          quote.maxFee
        )
      }),
    )
  })
})

describe('Split', () => {
  test('behavior: no unit is made or lost', () => {
    const bps = fc.integer({ min: 0, max: 5000 })
    fc.assert(
      fc.property(micro, bps, bps, bps, (delta, feeBps, creatorBps, creatorShareBps) => {
        const claim = Split.ofClaim(delta, { feeBps, creatorBps })
        const model = Split.ofModel(claim.model, creatorShareBps)
        return claim.provider >= 0n && claim.protocolFee + claim.provider + model.creators + model.holder === delta
      }),
    )
  })

  test('error: shares that do not add up', () => {
    expect(() => Split.assertShares(['0x1', '0x2'], [5000, 4000])).toThrow(
      'The shares add up to 9000: expected positive parts that add up to 10000.',
    )
    expect(() => Split.assertShares(['0xA', '0xa'], [5000, 5000])).toThrow('A creator is named twice.')
  })
})

describe('Merkle', () => {
  const leaves = fc.array(bytes(32).map(Bytes.toHex), { minLength: 1, maxLength: 60 })

  test('behavior: the root does not depend on the order, and every leaf has a proof', () => {
    fc.assert(
      fc.property(leaves, fc.nat(), (all, at) => {
        const root = Merkle.root(all)
        const leaf = all[at % all.length] as Hex
        return Merkle.root([...all].reverse()) === root && Merkle.verify(root, leaf, Merkle.proof(all, leaf))
      }),
    )
  })

  test("behavior: roots and proofs are OpenZeppelin's, whatever the leaves", () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(0n, 2n ** 256n - 1n), { minLength: 1, maxLength: 40 }), (ids) => {
        const theirs = StandardMerkleTree.of(
          ids.map((id) => [id]),
          ['uint256'],
        )
        const ours = ids.map(Merkle.modelLeaf)
        const last = ours.at(-1) as Hex
        return (
          theirs.root === Merkle.root(ours) &&
          StandardMerkleTree.verify(theirs.root, ['uint256'], [ids.at(-1)], Merkle.proof(ours, last))
        )
      }),
    )
  })

  test('behavior: no proof of one leaf proves another', () => {
    fc.assert(
      fc.property(leaves, bytes(32).map(Bytes.toHex), (all, stranger) => {
        fc.pre(!all.includes(stranger))
        return !Merkle.verify(Merkle.root(all), stranger, Merkle.proof(all, all[0] as Hex))
      }),
    )
  })
})

describe('what is parsed is fuzzed: only typed errors come out', () => {
  const json = fc.jsonValue({ maxDepth: 4 })
  test.each([
    ['Manifest', (value: unknown) => Manifest.parse(JSON.stringify(value))],
    ['Batch', (value: unknown) => Batch.parse(JSON.stringify(value))],
    ['Answer', Answer.parse],
    ['EngineRequest', EngineRequest.parse],
    ['canonical JSON', Json.canonical],
  ] as const)('error: %s from arbitrary JSON', (_, parse) => {
    fc.assert(fc.property(json, (value) => throwsOnly(BadInput, () => parse(value))))
  })

  test.each([
    ['Manifest', Manifest.parse],
    ['Batch', Batch.parse],
    ['RepoId', RepoId.parse],
    ['Version', Version.parse],
    ['License', License.from],
    ['Price', Price.fromUsdc],
    ['Path', Path.assertSafe],
    ['ApiKey', ApiKey.sessionKey],
  ] as const)('error: %s from arbitrary text', (_, parse) => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.string().map((x) => `a/b@${x}`),
    )
    fc.assert(fc.property(text, (value) => throwsOnly(DehugError, () => (parse as (text: string) => unknown)(value))))
  })

  test('behavior: an accepted path can be joined to a folder without leaving it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('.', '/', '\\', 'a', ' ', ':', '\0', '~') }), (path) => {
        let safe = true
        try {
          Path.assertSafe(path)
        } catch {
          safe = false
        }
        return !safe || new URL(encodeURI(path), 'file:///repo/').pathname.startsWith('/repo/')
      }),
    )
  })
})

describe('Json', () => {
  test('behavior: the text does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.boolean(), fc.integer())), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse())
        return Json.canonical(reversed) === Json.canonical(value)
      }),
    )
  })

  test('error: numbers that JSON cannot carry exactly', () => {
    expect(() => Json.canonical({ a: 2 ** 53 })).toThrow(
      '9007199254740992 has no exact JSON form; write large integers as decimal strings.',
    )
    expect(() => Json.canonical({ a: 1n })).toThrow('JSON cannot carry a bigint.')
    expect(() => Json.canonical('\ud800')).toThrow('A text holds half of a surrogate pair.')
  })
})

describe('Version', () => {
  test.each(['model:a/b', 'dataset:a/b@main', `model:a/b@0x${'1'.repeat(64)}`, `model:a/b@${'a'.repeat(40)}`])(
    'behavior: %s is written as it was read',
    (text) => {
      expect(Version.format(Version.parse(text))).toBe(text)
    },
  )

  test('error: a version that cannot be', () => {
    expect(() => Version.parse('a/b@../x')).toThrow('"../x" is not a version.')
  })
})

describe('License', () => {
  test('behavior: ids are found in any letter case, with the terms of their family', () => {
    expect(License.from('APACHE-2.0')).toEqual({
      id: 'Apache-2.0',
      terms: { commercial: true, derivatives: true, attribution: true, shareAlike: false },
    })
    expect(License.from('cc-by-nc-sa-4.0').terms).toEqual({
      commercial: false,
      derivatives: true,
      attribution: true,
      shareAlike: true,
    })
  })

  test('error: unknown, or other without a text', () => {
    expect(() => License.from('my-own')).toThrow('"my-own" is not a known license.')
    expect(() => License.from('other')).toThrow('The license "other" needs its text.')
  })
})

describe('errors', () => {
  test('behavior: an error survives the way over HTTP with its class', () => {
    const error = new PaymentNeeded('3 µUSDC are missing.', { hint: 'Top up.', details: { shortfall: 3n } })
    const back = DehugError.fromProblem(JSON.parse(JSON.stringify(DehugError.toProblem(error))))
    expect(back).toBeInstanceOf(PaymentNeeded)
    expect(back).toMatchObject({
      message: '3 µUSDC are missing.',
      hint: 'Top up.',
      status: 402,
      exitCode: 4,
      details: { shortfall: '3' },
    })
  })

  test('behavior: a cause travels as the class of its status', () => {
    class RepoNotFound extends NotFound {}
    const problem = DehugError.toProblem(new RepoNotFound('No such repository.', { code: 'repo_not_found' }))
    const back = DehugError.fromProblem(problem)
    expect(back).toBeInstanceOf(NotFound)
    expect(back.code).toBe('repo_not_found')
  })

  test('behavior: a foreign error tells nothing about our inside', () => {
    expect(DehugError.toProblem(new Error('password is hunter2')).detail).toBe('Something went wrong on our side.')
  })
})

test('behavior: abi.encode of dynamic values is aligned', () => {
  fc.assert(
    fc.property(
      fc.string(),
      (value) =>
        Abi.encode([
          { type: 'string', value },
          { type: 'uint', value: 1 },
        ]).length %
          32 ===
        0,
    ),
  )
})

test('error: a struct names the field that is wrong', () => {
  const point = Struct.define('Point', { x: 'uint64' })
  expect(() => point.parse({ x: '1.5' })).toThrow(/^This is not a valid Point at x: /)
})
