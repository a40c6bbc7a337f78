import type { ChatResult, Message } from '../../sdk/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import * as Format from '../Format.ts'
import { type Io, note, print } from '../Io.ts'

export type RunOptions = ConnectOptions & {
  maxTokens?: number | undefined
  temperature?: number | undefined
  seed?: number | undefined
  system?: string | undefined
}

/** Asks a model once; the answer streams to stdout, the checked receipt is told on stderr. */
export async function run(model: string, prompt: string, options: RunOptions, io: Io): Promise<ChatResult> {
  const messages: Message[] = [{ role: 'user', content: prompt }]
  if (options.system !== undefined) messages.unshift({ role: 'system', content: options.system })
  return ask(model, messages, options, io)
}

/** A conversation: each line typed is a message. Ends at the end of the input. */
export async function chat(
  model: string,
  options: RunOptions,
  io: Io,
): Promise<{ turns: number; feeMicroUsdc: bigint }> {
  const messages: Message[] = options.system === undefined ? [] : [{ role: 'system', content: options.system }]
  let feeMicroUsdc = 0n
  let turns = 0
  if (io.isTty) io.stderr('> ')
  for await (const line of io.lines ?? []) {
    if (line.trim() !== '') {
      messages.push({ role: 'user', content: line })
      const result = await ask(model, messages, options, io)
      messages.push({ role: 'assistant', content: result.text })
      feeMicroUsdc += result.feeMicroUsdc
      turns += 1
    }
    if (io.isTty) io.stderr('> ')
  }
  return { turns, feeMicroUsdc }
}

async function ask(model: string, messages: Message[], options: RunOptions, io: Io): Promise<ChatResult> {
  const client = await connect(options, io)
  const result = await client.chat({
    model,
    messages,
    maxTokens: options.maxTokens,
    temperature: options.temperature,
    seed: options.seed,
    signal: io.signal,
    onText: (text) => !io.json && io.stdout(text),
  })
  print(io)
  if (result.receipt) {
    const { tokensIn, tokensOut } = result
    note(
      io,
      `${tokensIn} + ${tokensOut} tokens, ${Format.usdc(result.feeMicroUsdc)}, receipt ${Format.short(result.receipt.jobId)} checked`,
    )
  }
  return result
}
