import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, symlink, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EngineRequest } from '../core/index.ts'
import type { EngineOptions } from './Engine.ts'
import {
  Engine,
  EngineClosed,
  EngineCrashed,
  EngineOutOfMemory,
  EngineTimeout,
  ModelRefused,
  Sandbox,
} from './index.ts'
import { startProgram } from './OnnxEngine.ts'
import * as Hostile from './testing/hostile-models.ts'
import { familyOf, isAlive, ticksOf } from './testing/processes.ts'

const embed = { task: 'feature-extraction' as const, inputs: ['hello'] }
const chat = EngineRequest.parse({
  task: 'text-generation',
  messages: [{ role: 'user', content: 'x' }],
  maxTokens: 1,
})

async function modelWithTemplate(template: string): Promise<string> {
  const file = 'tokenizer_config.json'
  const config = JSON.parse(await readFile(path.join(Hostile.fixtureDir('dehug-tiny-chat'), file), 'utf8'))
  return Hostile.modelWith('dehug-tiny-chat', { [file]: JSON.stringify({ ...config, chat_template: template }) })
}

const startWith = async (files: Record<string, Uint8Array | string>, more: Partial<EngineOptions> = {}) =>
  Engine.start({ dir: await Hostile.modelWith('dehug-embed', files), ...more })

/** Resolves once a process used this much more processor time, so that what it was told is surely under way. */
async function hasUsed(pid: number, ticks: number): Promise<void> {
  const before = ticksOf(pid)
  await expect.poll(() => ticksOf(pid) - before, { interval: 10, timeout: 30_000 }).toBeGreaterThan(ticks)
}

/** An engine that must answer as before, whatever happens beside it. */
let neighbour: Engine
beforeAll(async () => {
  neighbour = await Engine.start({ dir: Hostile.fixtureDir('dehug-embed') })
})
afterAll(async () => {
  expect((await neighbour.run(embed)).answer.kind).toBe('embeddings')
  await neighbour.close()
  await Hostile.removeModels()
})

describe('models that hang', () => {
  test('error: an endless loop of 303 bytes is killed at its time limit, and what waited beside it fails too', async () => {
    expect(Hostile.endlessLoop().length).toBe(303)
    const engine = await startWith(
      { 'onnx/model.onnx': Hostile.endlessLoop() },
      { limits: { requestTimeoutMs: 500, abortGraceMs: 100 } },
    )
    const family = familyOf(engine.pid as number)
    const results = await Promise.allSettled([engine.run(embed), engine.run(embed)])
    for (const result of results) {
      expect(result).toMatchObject({ reason: { code: 'engine_timeout', status: 504, retryable: true } })
    }
    expect(await engine.exited).toBeInstanceOf(EngineTimeout)
    await expect.poll(() => family.filter(isAlive), { timeout: 30_000 }).toEqual([])
    await expect(engine.run(embed)).rejects.toThrow(
      'The model did not finish its request within 500 ms and was stopped.',
    )
  })

  test('error: a client that leaves a hanging model does not save it from its time limit', async () => {
    const engine = await startWith(
      { 'onnx/model.onnx': Hostile.endlessLoop() },
      { limits: { requestTimeoutMs: 3000, abortGraceMs: 100 } },
    )
    const controller = new AbortController()
    const running = engine.run(embed, { signal: controller.signal })
    await Promise.all([
      expect(running).rejects.toBeInstanceOf(EngineTimeout),
      hasUsed(familyOf(engine.pid as number).at(-1) as number, 5).then(() => controller.abort()),
    ])
  })

  test('error: a chat template that never ends', async () => {
    const dir = await modelWithTemplate(
      '{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}',
    )
    const engine = await Engine.start({ dir, limits: { requestTimeoutMs: 500 } })
    await expect(engine.count(chat)).rejects.toThrow(
      'The model did not finish its count within 500 ms and was stopped.',
    )
  })

  test('error: a model that is not loaded in time', async () => {
    const dir = Hostile.fixtureDir('dehug-embed')
    const loading = Engine.start({ dir, limits: { loadTimeoutMs: 1 } })
    await expect(loading).rejects.toThrow('The model did not finish its load within 1 ms and was stopped.')
  })
})

describe('models that are greedy', () => {
  test('error: 64 GiB asked for at run time', async () => {
    await using engine = await startWith({ 'onnx/model.onnx': Hostile.claims64GiB() })
    const running = engine.run({ ...embed, inputs: ['a b c d e f'] })
    await expect(running).rejects.toBeInstanceOf(EngineOutOfMemory)
    await expect(running).rejects.toMatchObject({ details: { memoryBytes: 2 * 2 ** 30 } })
  })

  test('error: weights that say they are 64 GiB, and a file that is', async () => {
    await expect(startWith({ 'onnx/model.onnx': Hostile.lyingInitializer() })).rejects.toBeInstanceOf(ModelRefused)
    const dir = await Hostile.modelWith('dehug-embed', { 'onnx/model.onnx': '' })
    await truncate(path.join(dir, 'onnx/model.onnx'), 64 * 2 ** 30)
    await expect(Engine.start({ dir })).rejects.toThrow(
      'The weights onnx/model.onnx have 68719476736 bytes, more than the 2147483648 allowed.',
    )
  })

  test('error: a chat template that fills the memory', async () => {
    const dir = await modelWithTemplate('{% set all = range(1000000000) %}')
    const engine = await Engine.start({ dir, limits: { memoryBytes: 512 * 2 ** 20 } })
    await expect(engine.count(chat)).rejects.toBeInstanceOf(EngineOutOfMemory)
    expect(await engine.exited).toBeInstanceOf(EngineOutOfMemory)
  })

  test('error: less memory than Node itself needs', async () => {
    const starting = Engine.start({ dir: Hostile.fixtureDir('dehug-embed'), limits: { memoryBytes: 40 * 2 ** 20 } })
    await expect(starting).rejects.toMatchObject({ code: expect.stringMatching(/^engine_(out_of_memory|crashed)$/) })
  })
})

describe('models that are broken or reach out', () => {
  const weights = path.join(Hostile.fixtureDir('dehug-embed'), 'onnx/model.onnx')

  test('error: truncated, empty and foreign weights', async () => {
    const whole = await readFile(weights)
    for (const broken of [whole.subarray(0, whole.length / 2), new Uint8Array(), Buffer.from('not a model')]) {
      await expect(startWith({ 'onnx/model.onnx': broken })).rejects.toThrow(/^The model cannot be loaded: /)
    }
  })

  test('error: broken tokenizer and configuration', async () => {
    await expect(startWith({ 'tokenizer.json': '{"model":' })).rejects.toBeInstanceOf(ModelRefused)
    await expect(startWith({ 'tokenizer.json': '{}' })).rejects.toBeInstanceOf(ModelRefused)
    await expect(startWith({ 'config.json': 'null' })).rejects.toThrow('config.json is not a JSON document.')
  })

  test('error: weights in a file outside of the folder', async () => {
    for (const location of ['../secret', '/etc/passwd', '/usr/bin/test', 'onnx/../../../etc/passwd']) {
      await expect(startWith({ 'onnx/model.onnx': Hostile.externalWeights(location) })).rejects.toBeInstanceOf(
        ModelRefused,
      )
    }
  })

  test('error: a link that leads out of the folder', async () => {
    const dir = await Hostile.modelWith('dehug-embed', {})
    await symlink('/etc/passwd', path.join(dir, 'notes.txt'))
    await expect(Engine.start({ dir })).rejects.toThrow("notes.txt is a link that leads out of the model's folder.")
  })
})

describe('children that lie', () => {
  const liar = path.join(import.meta.dirname, 'testing/liar.mjs')
  let isShutIn = false
  beforeAll(async () => {
    isShutIn = (await Sandbox.probe()).kind === 'bwrap'
  })

  const askLiar = async (lie: string) => {
    const dir = await Hostile.modelWith('dehug-embed', { lie })
    await using engine = await startProgram({ dir, sandbox: 'bwrap' }, liar)
    return await engine.run(embed)
  }

  test.for([
    ['garbage', 'A frame of 4278124286 bytes was announced; at most 67108864 are read.'],
    ['huge frame', 'A frame of 4294967295 bytes was announced; at most 67108864 are read.'],
    ['no JSON', 'A frame is not UTF-8 JSON.'],
    ['unknown message', 'unexpected message'],
    ['extra field', 'unexpected message'],
    ['negative units', 'unexpected message'],
    ['foreign request', 'it answered a request that nobody made'],
    ['too many units', 'the units are impossible'],
    ['wrong number of rows', 'the answer does not fit the request'],
    ['not a number', 'the answer does not fit the request'],
    ['no answer', 'the answer does not fit the request'],
    ['text nobody asked for', 'text came for a request that has none'],
    ['loaded twice', 'it loaded twice'],
    ['leaves', "The engine's process ended with exit code 3."],
  ] as const)('error: %s', async ([lie, words], context) => {
    if (!isShutIn) return context.skip('needs bubblewrap')
    const asked = askLiar(lie)
    await expect(asked).rejects.toBeInstanceOf(EngineCrashed)
    await expect(asked).rejects.toThrow(words)
  })

  test('error: last words that tell of memory', async (context) => {
    if (!isShutIn) return context.skip('needs bubblewrap')
    await expect(askLiar('out of memory')).rejects.toBeInstanceOf(EngineOutOfMemory)
  })

  test('behavior: messages of a child are made printable, and endless complaints are not kept', async (context) => {
    if (!isShutIn) return context.skip('needs bubblewrap')
    await expect(askLiar('control characters')).rejects.toThrow(/^The model failed: \[31mred$/)
    expect((await askLiar('talks without end')).answer.kind).toBe('embeddings')
  })
})

describe('processes', () => {
  test('error: a crash fails what is under way; the other engine does not notice', async () => {
    const engine = await startWith({ 'onnx/model.onnx': Hostile.endlessLoop() })
    const running = engine.run(embed)
    process.kill(familyOf(engine.pid as number).at(-1) as number, 'SIGSEGV')
    await expect(running).rejects.toBeInstanceOf(EngineCrashed)
    expect(await engine.exited).toBeInstanceOf(EngineCrashed)
    await neighbour.run(embed)
  })

  test('behavior: close leaves no process and fails what is under way', async () => {
    const engine = await startWith({ 'onnx/model.onnx': Hostile.endlessLoop() })
    const family = familyOf(engine.pid as number)
    const running = engine.run(embed)
    await Promise.all([expect(running).rejects.toBeInstanceOf(EngineClosed), engine.close()])
    await expect.poll(() => family.filter(isAlive), { timeout: 30_000 }).toEqual([])
    await engine.close()
  })

  test.for(['bwrap', 'uid', 'userns', 'none'] as const)(
    'behavior: engines die with their parent, even hanging ones (%s)',
    async (sandbox, context) => {
      if ((await Sandbox.probe({ want: sandbox })).kind !== sandbox) return context.skip('does not work here')
      const program = path.join(import.meta.dirname, 'testing/host.ts')
      const host = spawn(process.execPath, ['--import', 'tsx', program, sandbox], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { PATH: '/usr/bin:/bin', TMPDIR: tmpdir() },
      })
      const [line] = await once(host.stdout, 'data')
      const { pids, dir } = JSON.parse(String(line)) as { pids: number[]; dir: string }
      const family = pids.flatMap(familyOf)
      expect(family.filter(isAlive).length).toBeGreaterThanOrEqual(2)
      host.kill('SIGKILL')
      await expect.poll(() => family.filter(isAlive), { timeout: 30_000 }).toEqual([])
      await rm(dir, { recursive: true })
    },
  )
})
