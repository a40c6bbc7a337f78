import { type CliConfig, configFrom, environment } from './config.ts'

/** Everything a command may touch outside its options. */
export type Io = {
  /** Results for people or pipes. Nothing is written here under `--json` but the one JSON line. */
  stdout: (text: string) => void
  /** Progress, warnings and errors. */
  stderr: (text: string) => void
  /** Lines typed by a person; undefined when nothing can be asked. */
  lines: AsyncIterable<string> | undefined
  /** Whether stderr is a screen that can be redrawn. */
  isTty: boolean
  columns: number
  json: boolean
  config: CliConfig
  signal: AbortSignal
  now: () => number
}

/** One line for people; silent under `--json`. */
export function print(io: Io, line = ''): void {
  if (!io.json) io.stdout(`${line}\n`)
}

/** One line on stderr: what is going on, a warning, a question. */
export function note(io: Io, line: string): void {
  io.stderr(`${line}\n`)
}

/** The screen, environment and clock of this process. */
export function processIo(options: { json: boolean; signal: AbortSignal }): Io {
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    lines: process.stdin.isTTY || !process.stdin.closed ? typedLines() : undefined,
    isTty: process.stderr.isTTY === true,
    columns: process.stderr.columns ?? 80,
    json: options.json,
    config: configFrom(environment()),
    signal: options.signal,
    now: () => Date.now(),
  }
}

async function* typedLines(): AsyncIterable<string> {
  const { createInterface } = await import('node:readline')
  const reader = createInterface({ input: process.stdin, terminal: false })
  try {
    yield* reader
  } finally {
    reader.close()
  }
}
