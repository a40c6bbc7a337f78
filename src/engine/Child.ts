import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import * as Frame from './Frame.ts'
import * as Message from './Message.ts'
import type { Command } from './Sandbox.ts'

/** Largest frame either side may send. */
const maxFrameBytes = 64 * 1024 * 1024
const maxLastWordsMs = 1000
const maxStderrChars = 8 * 1024

/** How a child ended: by itself (`code`), by a signal, or because it broke the protocol (`violation`). */
export type Exit = { code: number | null; signal: NodeJS.Signals | null; violation?: string; stderr: string }

/** A child process that speaks frames on its standard input and output. */
export type Child = {
  pid: number | undefined
  send(message: unknown): void
  /** SIGKILL; the sandbox takes everything inside with it. */
  kill(violation?: string): void
  exited: Promise<Exit>
}

/**
 * Starts a command. Each message of the child is validated; one that is no `Message`, or no frame, gets the child killed.
 * `exited` never rejects.
 */
export function start(command: Command, onMessage: (message: Message.Message) => void): Child {
  // A process group of its own, so that killing also reaches what bubblewrap has forked but not yet tied to itself.
  const child = spawn(command.file, command.args, { env: command.env, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  let violation: string | undefined
  let stderr = ''

  const kill = (reason?: string) => {
    violation ??= reason
    killGroup(child)
  }
  const decode = Frame.decoder(maxFrameBytes)
  child.stdout.on('data', (piece: Buffer) => {
    if (violation !== undefined) return
    try {
      for (const message of decode(piece)) onMessage(Message.schema.parse(message))
    } catch (error) {
      kill(`it broke the protocol (${error instanceof Frame.BadFrame ? error.message : 'unexpected message'})`)
    }
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-maxStderrChars)
  })
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => {})

  const exited = exit(child).then((ended) => ({ ...ended, stderr, ...(violation === undefined ? {} : { violation }) }))
  const send = (message: unknown) => {
    if (child.stdin.writable) child.stdin.write(Frame.encode(message, maxFrameBytes))
  }
  return { pid: child.pid, send, kill, exited }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}

type Ended = Pick<Exit, 'code' | 'signal'>

async function exit(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<Ended> {
  try {
    const closed = once(child, 'close')
    const [code, signal] = await once(child, 'exit')
    // Its last words arrive before the pipes close; what still holds them open after that is not waited for.
    const timer = setTimeout(() => {
      child.stdout.destroy()
      child.stderr.destroy()
    }, maxLastWordsMs)
    await closed.finally(() => clearTimeout(timer))
    return { code, signal }
  } catch {
    return { code: 127, signal: null }
  }
}
