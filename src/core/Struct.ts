import { z } from 'zod'
import { concat, fromBigInt, fromHex, type Hex, toHex, utf8 } from './Bytes.ts'
import { BadInput } from './errors.ts'
import { keccakBytes } from './Hash.ts'

/** Solidity types that our EIP-712 messages use. */
export type FieldType =
  | 'address'
  | 'bytes32'
  | 'bytes'
  | 'string'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'uint256'
  | 'address[]'
  | 'uint16[]'

type ValueOf<T extends FieldType> = T extends 'string'
  ? string
  : T extends 'uint8' | 'uint16' | 'uint32'
    ? number
    : T extends 'uint64' | 'uint256'
      ? bigint
      : T extends 'address[]'
        ? Hex[]
        : T extends 'uint16[]'
          ? number[]
          : Hex

export type Fields = Record<string, FieldType>
export type Value<F extends Fields> = { [K in keyof F]: ValueOf<F[K]> }

/** One EIP-712 message type with everything that is done to its values. */
export type Struct<F extends Fields> = {
  name: string
  fields: F
  /** The EIP-712 type string. */
  type: string
  schema: z.ZodType<Value<F>, unknown>
  structHash(value: Value<F>): Hex
  digest(domainSeparator: Hex, value: Value<F>): Hex
  /** From plain JSON: numbers up to 32 bits are numbers, wider ones decimal strings. Throws `BadInput`. */
  parse(json: unknown): Value<F>
  /** To plain JSON, the inverse of `parse`. */
  serialize(value: Value<F>): Record<string, unknown>
}

/** A message with its domain and types, as `eth_signTypedData_v4` takes it; wide integers are decimal strings. */
export type TypedData = {
  domain: { name: string; version: string; chainId: number; verifyingContract: Hex }
  primaryType: string
  types: Record<string, { name: string; type: string }[]>
  message: Record<string, unknown>
}

/** Declares an EIP-712 message type; fields are hashed in the order given (EIP-712, hashStruct). */
export function define<const F extends Fields>(name: string, fields: F): Struct<F> {
  const entries = Object.entries(fields)
  const type = `${name}(${entries.map(([field, kind]) => `${kind} ${field}`).join(',')})`
  const typeHash = keccakBytes(utf8(type))
  const schema = z.strictObject(Object.fromEntries(entries.map(([field, kind]) => [field, schemas[kind]])))

  const hashBytes = (value: Value<F>): Uint8Array => {
    const encoded = new Uint8Array(32 * (entries.length + 1))
    encoded.set(typeHash)
    entries.forEach(([field, kind], i) => {
      writeSlot(encoded, 32 * (i + 1), kind, value[field])
    })
    return keccakBytes(encoded)
  }

  return {
    name,
    fields,
    type,
    schema: schema as unknown as z.ZodType<Value<F>, unknown>,
    structHash: (value) => toHex(hashBytes(value)),
    digest: (domainSeparator, value) => toHex(keccakBytes(concat(prefix, fromHex(domainSeparator), hashBytes(value)))),
    parse: (json) => parseWith(schema, json, name) as Value<F>,
    serialize: (value) => Object.fromEntries(entries.map(([field]) => [field, toJson(value[field])])),
  }
}

const prefix = Uint8Array.of(0x19, 0x01)

/** Parses with a schema; the first complaint becomes a `BadInput` sentence. */
export function parseWith<T>(schema: z.ZodType<T>, json: unknown, what: string): T {
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const issue = result.error.issues[0] as z.core.$ZodIssue
  const where = issue.path.length > 0 ? ` at ${issue.path.join('.')}` : ''
  throw new BadInput(`This is not a valid ${what}${where}: ${issue.message}.`, {
    code: `bad_${what.toLowerCase().replaceAll(' ', '_')}`,
    details: {
      issues: result.error.issues.slice(0, 10).map(({ path, message }) => ({ path: path.join('.'), message })),
    },
  })
}

const toJson = (value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value)

const hexOf = (bytes: number | undefined) =>
  z
    .string()
    .regex(bytes === undefined ? /^0x([0-9a-fA-F]{2})*$/ : new RegExp(`^0x[0-9a-fA-F]{${bytes * 2}}$`))
    .transform((text) => text.toLowerCase() as Hex)

const uintOf = (bits: number) =>
  z
    .int()
    .min(0)
    .max(2 ** bits - 1)
const bigUintOf = (bits: bigint) =>
  z
    .string()
    .regex(/^(0|[1-9][0-9]{0,77})$/)
    .transform(BigInt)
    .refine((value) => value < 1n << bits, { message: `must be below 2^${bits}` })

const schemas: Record<FieldType, z.ZodType> = {
  address: hexOf(20),
  bytes32: hexOf(32),
  bytes: hexOf(undefined),
  string: z.string(),
  uint8: uintOf(8),
  uint16: uintOf(16),
  uint32: uintOf(32),
  uint64: bigUintOf(64n),
  uint256: bigUintOf(256n),
  'address[]': z.array(hexOf(20)).max(64),
  'uint16[]': z.array(uintOf(16)).max(64),
}

function writeSlot(target: Uint8Array, at: number, kind: FieldType, value: unknown): void {
  if (kind === 'address' || kind === 'bytes32') writeHex(target, at, value as Hex, kind === 'address' ? 20 : 32)
  else if (kind === 'string') target.set(keccakBytes(utf8(value as string)), at)
  else if (kind === 'bytes') target.set(keccakBytes(fromHex(value as Hex)), at)
  else if (kind === 'address[]' || kind === 'uint16[]') target.set(hashArray(kind, value as unknown[]), at)
  else writeUint(target, at, BigInt(value as number | bigint), uintSizes[kind])
}

const uintSizes = { uint8: 1, uint16: 2, uint32: 4, uint64: 8, uint256: 32 } as const

function writeHex(target: Uint8Array, at: number, hex: Hex, size: number): void {
  const bytes = fromHex(hex)
  if (bytes.length !== size)
    throw new BadInput(`${hex} has ${bytes.length} bytes; expected ${size}.`, { code: 'bad_length' })
  target.set(bytes, at + 32 - size)
}

function writeUint(target: Uint8Array, at: number, value: bigint, size: number): void {
  if (value >= 0n && value <= 0xffffffffffffffffn && (size >= 8 || value < 1n << BigInt(size * 8))) {
    new DataView(target.buffer, target.byteOffset).setBigUint64(at + 24, value)
    return
  }
  target.set(fromBigInt(value, size), at + 32 - size)
}

function hashArray(kind: 'address[]' | 'uint16[]', items: unknown[]): Uint8Array {
  const encoded = new Uint8Array(32 * items.length)
  items.forEach((item, i) => {
    writeSlot(encoded, 32 * i, kind.slice(0, -2) as FieldType, item)
  })
  return keccakBytes(encoded)
}
