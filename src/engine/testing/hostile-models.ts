import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import * as Onnx from './onnx.ts'

const fixtures = path.join(import.meta.dirname, '../../../fixtures')

const tokens = [Onnx.value('input_ids', 'int64', ['b', 's'])]
const hidden = [Onnx.value('last_hidden_state', 'float', ['b', 's'])]
const int64 = (value: bigint) => new Uint8Array(BigInt64Array.of(value).buffer)

/** A `Loop` without a trip count whose condition stays true: valid, small, and never done. */
export const endlessLoop = (): Uint8Array =>
  Onnx.model({
    nodes: [
      Onnx.node('Cast', ['input_ids'], ['x'], [{ name: 'to', int: Onnx.elementType.float }]),
      Onnx.node('Loop', ['', 'go', 'x'], ['last_hidden_state'], [{ name: 'body', graph: loopBody }]),
    ],
    initializers: [Onnx.tensor('go', 'bool', [], Uint8Array.of(1))],
    inputs: tokens,
    outputs: hidden,
  })

const loopBody = Onnx.graph({
  nodes: [Onnx.node('Identity', ['c'], ['d']), Onnx.node('Identity', ['v'], ['w'])],
  inputs: [Onnx.value('i', 'int64', []), Onnx.value('c', 'bool', []), Onnx.value('v', 'float', ['b', 's'])],
  outputs: [Onnx.value('d', 'bool', []), Onnx.value('w', 'float', ['b', 's'])],
})

/** Asks for a tensor of 2³⁴ floats, 64 GiB, when it runs; the size hangs on the input so that it cannot be known before. */
export const claims64GiB = (): Uint8Array =>
  Onnx.model({
    nodes: [
      Onnx.node('Shape', ['input_ids'], ['dims']),
      Onnx.node('Mul', ['dims', 'huge'], ['size']),
      Onnx.node('ConstantOfShape', ['size'], ['last_hidden_state']),
    ],
    initializers: [Onnx.tensor('huge', 'int64', [1], int64(2n ** 17n))],
    inputs: tokens,
    outputs: hidden,
  })

/** Says that four bytes are 64 GiB of weights. */
export const lyingInitializer = (): Uint8Array =>
  Onnx.model({
    nodes: [Onnx.node('Identity', ['w'], ['last_hidden_state'])],
    initializers: [Onnx.tensor('w', 'float', [2n ** 34n], new Uint8Array(4))],
    inputs: tokens,
    outputs: [Onnx.value('last_hidden_state', 'float', ['n'])],
  })

/** Weights that are said to lie in another file. */
export const externalWeights = (location: string): Uint8Array =>
  Onnx.model({
    nodes: [Onnx.node('Identity', ['w'], ['last_hidden_state'])],
    initializers: [Onnx.externalTensor('w', 'float', [4], location)],
    inputs: tokens,
    outputs: [Onnx.value('last_hidden_state', 'float', [4])],
  })

const copies: string[] = []

/** A copy of a fixture in a temporary folder, with some of its files replaced; `removeModels` removes it. */
export async function modelWith(fixture: string, files: Record<string, Uint8Array | string>): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'dehug-model-'))
  copies.push(dir)
  await chmod(dir, 0o755)
  await cp(path.join(fixtures, fixture), dir, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(dir, name)), { recursive: true })
    await rm(path.join(dir, name), { force: true })
    await writeFile(path.join(dir, name), content)
  }
  return dir
}

export async function removeModels(): Promise<void> {
  await Promise.all(copies.splice(0).map((dir) => rm(dir, { recursive: true, force: true })))
}

/** The folder of a fixture model. */
export const fixtureDir = (name: string): string => path.join(fixtures, name)
