/**
 * Just enough of the ONNX protobuf (onnx.proto, IR version 8) to write small models by hand, hostile ones above all.
 * Each function gives the bytes of one message.
 */
type Part = Uint8Array

const varint = (value: bigint): number[] =>
  value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...varint(value >> 7n)]

const int = (field: number, value: number | bigint): Part =>
  Uint8Array.from([...varint(BigInt(field) << 3n), ...varint(BigInt.asUintN(64, BigInt(value)))])

const bytes = (field: number, value: Uint8Array | string): Part => {
  const body = typeof value === 'string' ? new TextEncoder().encode(value) : value
  return join(Uint8Array.from([...varint((BigInt(field) << 3n) | 2n), ...varint(BigInt(body.length))]), body)
}

const join = (...parts: Part[]): Part => Uint8Array.from(Buffer.concat(parts))

export const elementType = { float: 1, int64: 7, bool: 9 } as const
type Element = keyof typeof elementType

export const tensor = (name: string, type: Element, dims: (number | bigint)[], raw: Uint8Array): Part =>
  join(...dims.map((dim) => int(1, dim)), int(2, elementType[type]), bytes(8, name), bytes(9, raw))

export const externalTensor = (name: string, type: Element, dims: number[], location: string): Part =>
  join(
    ...dims.map((dim) => int(1, dim)),
    int(2, elementType[type]),
    bytes(8, name),
    bytes(13, join(bytes(1, 'location'), bytes(2, location))),
    int(14, 1),
  )

/** A value of a graph: name, element type, and dimensions (a text is a free one). */
export const value = (name: string, type: Element, dims: (number | string)[]): Part => {
  const shape = join(...dims.map((dim) => bytes(1, typeof dim === 'string' ? bytes(2, dim) : int(1, dim))))
  return join(bytes(1, name), bytes(2, bytes(1, join(int(1, elementType[type]), bytes(2, shape)))))
}

type Attribute = { name: string; graph: Part } | { name: string; tensor: Part } | { name: string; int: number }

const attribute = (given: Attribute): Part => {
  if ('graph' in given) return join(bytes(1, given.name), bytes(6, given.graph), int(20, 5))
  if ('tensor' in given) return join(bytes(1, given.name), bytes(5, given.tensor), int(20, 4))
  return join(bytes(1, given.name), int(3, given.int), int(20, 2))
}

export const node = (type: string, inputs: string[], outputs: string[], attributes: Attribute[] = []): Part =>
  join(
    ...inputs.map((name) => bytes(1, name)),
    ...outputs.map((name) => bytes(2, name)),
    bytes(4, type),
    ...attributes.map((given) => bytes(5, attribute(given))),
  )

export type Graph = { nodes: Part[]; initializers?: Part[]; inputs: Part[]; outputs: Part[] }

export const graph = ({ nodes, initializers = [], inputs, outputs }: Graph): Part =>
  join(
    ...nodes.map((part) => bytes(1, part)),
    bytes(2, 'g'),
    ...initializers.map((part) => bytes(5, part)),
    ...inputs.map((part) => bytes(11, part)),
    ...outputs.map((part) => bytes(12, part)),
  )

export const model = (content: Graph): Part =>
  join(int(1, 8), bytes(7, graph(content)), bytes(8, join(bytes(1, ''), int(2, 13))))
