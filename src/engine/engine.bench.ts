import { readFileSync } from 'node:fs'
import { AutoModelForCausalLM, AutoTokenizer, env, TextStreamer } from '@huggingface/transformers'
import { EngineRequest } from '../core/index.ts'
import { type Engine, Engine as Engines } from './index.ts'
import { fixtureDir } from './testing/hostile-models.ts'
import { familyOf, ticksOf } from './testing/processes.ts'

export type Row = { name: string; value: number; unit: string; note?: string }

const rounds = 5
const maxTokens = 120
const messages = [{ role: 'user' as const, content: 'Tell me a story about a bear in the village.' }]

/**
 * What the sandbox costs: tokens per second of `dehug-tiny-chat` in it against the same library in this process, both in
 * one run, time from nothing to the first token, and the memory of an idle engine (proportional set size).
 */
export async function bench(): Promise<Row[]> {
  const dir = fixtureDir('dehug-tiny-chat')
  const request = EngineRequest.parse({ task: 'text-generation', messages, maxTokens })
  const coldMs = await coldStart(dir, request)
  await using engine = await Engines.start({ dir })
  const bare = await bareGenerator(dir)
  const shutIn = async () => (await engine.run(request, { onText: () => {} })).units.out
  await Promise.all([shutIn(), bare()])
  const childMs = () => familyOf(engine.pid as number).reduce((sum, pid) => sum + ticksOf(pid) * 10, 0)
  const inside = measured(shutIn, () => childMs() + ownMs())
  const outside = measured(bare, ownMs)
  for (let i = 0; i < rounds; i += 1) {
    await outside.round()
    await inside.round()
  }
  const parallel = await rateOf(async () => {
    const all = await Promise.all([shutIn(), shutIn(), shutIn(), shutIn()])
    return all.reduce((sum, tokens) => sum + tokens, 0)
  })
  const sandbox = engine.info.sandbox.kind
  const rows: Row[] = [
    { name: 'chat, sandboxed and streamed', value: inside.best(), unit: 'tok/s', note: `sandbox: ${sandbox}` },
    { name: 'chat, bare transformers.js with its TextStreamer, in process', value: outside.best(), unit: 'tok/s' },
    { name: 'chat, sandboxed / bare', value: inside.best() / outside.best(), unit: '×' },
    { name: 'chat, sandboxed, child and parent', value: inside.cpuMs(), unit: 'CPU ms/tok' },
    { name: 'chat, bare', value: outside.cpuMs(), unit: 'CPU ms/tok' },
    { name: 'chat, sandboxed, 4 requests at once', value: parallel, unit: 'tok/s' },
    { name: 'embeddings of short sentences, sandboxed, 256 a request', value: await embedRate(), unit: 'inputs/s' },
    { name: 'cold start to first token', value: coldMs, unit: 'ms' },
    { name: 'idle engine, PSS', value: pssMiB(engine), unit: 'MiB' },
  ]
  return rows.map((row) => ({ ...row, value: Number(row.value.toPrecision(3)) }))
}

async function coldStart(dir: string, request: EngineRequest.EngineRequest): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < rounds; i += 1) {
    const startedAt = performance.now()
    await using engine = await Engines.start({ dir })
    const firstToken = new AbortController()
    await engine.run(request, { signal: firstToken.signal, onText: () => firstToken.abort() })
    times.push(performance.now() - startedAt)
  }
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)] as number
}

async function bareGenerator(dir: string): Promise<() => Promise<number>> {
  env.allowRemoteModels = false
  const tokenizer = await AutoTokenizer.from_pretrained(dir)
  const session_options = { intraOpNumThreads: 1, interOpNumThreads: 1 }
  const model = await AutoModelForCausalLM.from_pretrained(dir, { dtype: 'fp32', device: 'cpu', session_options })
  return async () => {
    // biome-ignore lint/suspicious/noExplicitAny: the library types the template's result as a union of everything
    const inputs = tokenizer.apply_chat_template(messages, { add_generation_prompt: true, return_dict: true }) as any
    const streamer = new TextStreamer(tokenizer, { skip_prompt: true, callback_function: () => {} })
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const output = (await model.generate({ ...inputs, max_new_tokens: maxTokens, do_sample: false, streamer })) as any
    return output.dims[1] - inputs.input_ids.dims[1]
  }
}

/** The best rate of several rounds and the processor time of all: the first is what an idle machine gives, the second stays true on a busy one. */
function measured(generate: () => Promise<number>, cpuMs: () => number) {
  let best = 0
  let tokens = 0
  let usedMs = 0
  const round = async () => {
    const cpuBefore = cpuMs()
    const startedAt = performance.now()
    let count = 0
    for (let i = 0; i < 3; i += 1) count += await generate()
    best = Math.max(best, (count / (performance.now() - startedAt)) * 1000)
    usedMs += cpuMs() - cpuBefore
    tokens += count
  }
  return { round, best: () => best, cpuMs: () => usedMs / tokens }
}

const ownMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

async function rateOf(generate: () => Promise<number>): Promise<number> {
  const startedAt = performance.now()
  const tokens = await generate()
  return (tokens / (performance.now() - startedAt)) * 1000
}

async function embedRate(): Promise<number> {
  await using engine = await Engines.start({ dir: fixtureDir('dehug-embed') })
  const inputs = Array.from({ length: 256 }, (_, i) => `A model that recognises ${i} objects in photos.`)
  const embed = async () => {
    await engine.run({ task: 'feature-extraction', inputs })
    return inputs.length
  }
  await embed()
  return await rateOf(embed)
}

function pssMiB(engine: Engine): number {
  const kib = familyOf(engine.pid as number).map((pid) => {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0)
  })
  return kib.reduce((sum, each) => sum + each, 0) / 1024
}
