import { configFrom } from './config.ts'
import type { Io } from './Io.ts'
import { runCli } from './main.ts'

export type Screen = { stdout: string; stderr: string; exitCode: number }

export type ScreenOptions = {
  env?: Record<string, string>
  typed?: string[]
  isTty?: boolean
  columns?: number
  now?: () => number
  signal?: AbortSignal
  /** Told what appears beside the result while the command still runs. */
  onStderr?: (text: string) => void
}

/** Runs a command line as a person would and returns what the screen shows. */
export async function screen(args: string[], options: ScreenOptions = {}): Promise<Screen> {
  let stdout = ''
  let stderr = ''
  const io: Io = {
    stdout: (text) => {
      stdout += text
    },
    stderr: (text) => {
      stderr += text
      options.onStderr?.(text)
    },
    lines: linesOf(options.typed ?? []),
    isTty: options.isTty ?? false,
    columns: options.columns ?? 80,
    json: false,
    config: configFrom({ HOME: '/nonexistent', ...options.env }),
    signal: options.signal ?? new AbortController().signal,
    now: options.now ?? (() => 0),
  }
  const exitCode = await runCli(args, io)
  return { stdout, stderr, exitCode }
}

async function* linesOf(lines: string[]): AsyncIterable<string> {
  yield* lines
}
