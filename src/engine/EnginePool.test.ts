import { afterAll, afterEach, describe, expect, test } from 'vitest'
import {
  type Engine,
  EngineBusy,
  EngineClosed,
  EnginePool,
  Engine as Engines,
  ModelRefused,
  type PoolOptions,
} from './index.ts'
import { fixtureDir, modelWith, removeModels } from './testing/hostile-models.ts'
import { familyOf, isAlive } from './testing/processes.ts'

const embed = { task: 'feature-extraction' as const, inputs: ['hello'] }
let pool: EnginePool
afterEach(() => pool.close())
afterAll(removeModels)

/** A pool of real engines, each key being a copy of one fixture, that remembers which it started. */
function poolOf(more: Partial<PoolOptions> = {}) {
  const started: Engine[] = []
  const start = async () => {
    const engine = await Engines.start({ dir: fixtureDir('dehug-embed') })
    started.push(engine)
    return engine
  }
  pool = new EnginePool({
    start,
    memoryBytes: () => 2 ** 30,
    maxEngines: 2,
    maxMemoryBytes: 2 ** 33,
    idleMs: 60_000,
    ...more,
  })
  return started
}

const states = () => pool.entries().map(({ key, state }) => `${key} ${state}`)

describe('EnginePool', () => {
  test('behavior: one engine a key, started when first asked, however many ask', async () => {
    const started = poolOf()
    expect(states()).toEqual([])
    await Promise.all([pool.run('a', embed), pool.run('a', embed), pool.count('a', embed)])
    expect(started.length).toBe(1)
    expect(states()).toEqual(['a running'])
  })

  test('behavior: the engine that was idle longest makes room', async () => {
    const started = poolOf()
    await pool.run('a', embed)
    await pool.run('b', embed)
    await pool.run('a', embed)
    await pool.run('c', embed)
    expect(states()).toEqual(['a running', 'b stopped', 'c running'])
    expect(await started[1]?.exited).toBeInstanceOf(EngineClosed)
  })

  test('behavior: memory counts as engines do', async () => {
    poolOf({ maxEngines: 10, maxMemoryBytes: 2 ** 30 })
    await pool.run('a', embed)
    await pool.run('b', embed)
    expect(states()).toEqual(['a stopped', 'b running'])
  })

  test('behavior: an idle engine is unloaded, and comes back when asked', async () => {
    const started = poolOf({ idleMs: 1 })
    await pool.run('a', embed)
    expect(await started[0]?.exited).toBeInstanceOf(EngineClosed)
    await pool.run('a', embed)
    expect(started.length).toBe(2)
  })

  test('behavior: a crashed engine is started again after a wait that grows', async () => {
    let now = 0
    const started = poolOf({ now: () => now, backoffMs: { first: 1000, last: 60_000 } })
    const crash = async () => {
      const engine = started.at(-1) as Engine
      process.kill(familyOf(engine.pid as number).at(-1) as number, 'SIGKILL')
      await engine.exited
    }
    await pool.run('a', embed)
    await crash()
    const refused = await pool.run('a', embed).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(EngineBusy)
    expect(refused).toMatchObject({
      message: 'The engine failed and is about to be started again.',
      details: { retryAfterMs: 1000 },
    })
    now = 1000
    await pool.use('a', crash)
    expect(pool.entries()).toMatchObject([{ key: 'a', state: 'stopped', lastError: { code: 'engine_crashed' } }])
    now = 3000
    await pool.run('a', embed)
    expect(started.length).toBe(3)
    expect(pool.entries()).toMatchObject([{ state: 'running', failures: 0 }])
  })

  test('behavior: unload and close leave no process', async () => {
    const started = poolOf()
    await pool.run('a', embed)
    await pool.run('b', embed)
    const family = started.flatMap((engine) => familyOf(engine.pid as number))
    await pool.unload('a')
    expect(states()).toEqual(['a stopped', 'b running'])
    await pool.close()
    await expect.poll(() => family.filter(isAlive), { timeout: 30_000 }).toEqual([])
    await expect(pool.run('a', embed)).rejects.toBeInstanceOf(EngineClosed)
  })

  test('error: all engines in use, a model that may use more than all', async () => {
    poolOf({ maxEngines: 1 })
    await pool.use('a', async () => {
      await expect(pool.run('b', embed)).rejects.toThrow('All 1 engines are in use.')
    })
    await pool.close()
    poolOf({ maxMemoryBytes: 2 ** 29 })
    await expect(pool.run('a', embed)).rejects.toThrow(
      'The model may use 1073741824 bytes, all engines together 536870912.',
    )
  })

  test('error: a model that cannot be loaded is not tried again at once, and says why each time', async () => {
    const dir = await modelWith('dehug-embed', { 'onnx/model.onnx': 'broken' })
    let starts = 0
    poolOf({
      start: () => {
        starts += 1
        return Engines.start({ dir })
      },
    })
    await expect(pool.run('a', embed)).rejects.toBeInstanceOf(ModelRefused)
    await expect(pool.run('a', embed)).rejects.toBeInstanceOf(ModelRefused)
    expect(starts).toBe(1)
  })
})
