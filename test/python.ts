import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const venvs = resolve(import.meta.dirname, '../node_modules/.cache/dehug-venvs')

/**
 * A Python virtual environment with these packages (`huggingface_hub`, `openai==2.1.0`), kept under node_modules so that
 * they are installed once. Tests that need another version of a package name another `venv`. Returns the path of its
 * interpreter. Packages come from wherever the machine's pip is configured to look.
 */
export const python = async (packages: string[], venv = 'shared'): Promise<string> => {
  const folder = join(venvs, venv)
  const interpreter = join(folder, 'bin/python')
  if (missing(folder, packages).length === 0) return interpreter
  await exclusively(folder, async () => {
    if (!existsSync(join(folder, 'bin/pip'))) create(folder)
    const wanted = missing(folder, packages)
    if (wanted.length === 0) return
    await install(interpreter, wanted)
    remember(folder, wanted)
  })
  return interpreter
}

/** Whether this run has time for what takes long and is rarely broken. */
export const isHeavy = process.env.CI === 'true'

/** A release of huggingface_hub, in a venv of its own. */
export type HubClient = { version: string; requirement: string; venv: string }

/** The lines of huggingface_hub that people use, newest first. */
export const hubClients: readonly [HubClient, ...HubClient[]] = [
  { version: '2.0.0', requirement: 'huggingface_hub==2.0.0', venv: 'hub-2' },
  { version: '1.33.0', requirement: 'huggingface_hub==1.33.0', venv: 'hub-1' },
]

/** Those that whole stories are run with: the older line only where there is time. */
export const storyClients: readonly HubClient[] = isHeavy ? hubClients : hubClients.slice(0, 1)

/** The interpreter of a release of huggingface_hub. */
export const pythonOf = ({ requirement, venv }: HubClient): Promise<string> => python([requirement, 'pydantic'], venv)

/** What a script printed; `lastJson` is its last line. */
export type Ran = { status: number; stdout: string; stderr: string; lastJson: unknown }

/** Runs an interpreter without blocking this process. Only PATH is inherited, so that no setting of the machine leaks in. */
export const runPython = async (
  interpreter: string,
  args: string[],
  options: { cwd?: string; env?: Record<string, string>; input?: string; signal?: AbortSignal } = {},
): Promise<Ran> => {
  const child = spawn(interpreter, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { signal: options.signal, killSignal: 'SIGKILL' as const }),
    env: { PATH: process.env.PATH, PYTHONUTF8: '1', ...options.env },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  // A script that ended before it read its input is told by its status.
  child.stdin.on('error', () => {})
  child.stdin.end(options.input)
  const status = await new Promise<number>((done) => {
    child.on('error', () => done(-1))
    child.on('close', (code) => done(code ?? -1))
  })
  return {
    status,
    stdout,
    stderr,
    get lastJson() {
      if (status !== 0)
        throw new Error(`The script ended with ${status}:\n${stdout.slice(-2000)}\n${stderr.slice(-6000)}`)
      return JSON.parse(stdout.trim().split('\n').at(-1) as string)
    },
  }
}

const nameOf = (requirement: string): string =>
  (requirement.match(/^[A-Za-z0-9._-]+/)?.[0] ?? requirement).toLowerCase().replace(/[-_.]+/g, '-')

const listOf = (folder: string): string => join(folder, 'installed.json')

const installed = (folder: string): string[] =>
  existsSync(listOf(folder)) ? JSON.parse(readFileSync(listOf(folder), 'utf8')) : []

/** Which of the packages are not there. Throws where another version is. */
const missing = (folder: string, packages: string[]): string[] => {
  const there = installed(folder)
  return packages.filter((wanted) => {
    if (there.includes(wanted)) return false
    const other = there.find((known) => nameOf(known) === nameOf(wanted))
    if (other === undefined) return true
    if (wanted === nameOf(wanted) || wanted === nameOf(wanted).replaceAll('-', '_')) return false
    throw new Error(`${folder} holds ${other}; a test that needs ${wanted} must name another venv.`)
  })
}

const remember = (folder: string, packages: string[]): void => {
  const list = listOf(folder)
  writeFileSync(`${list}.new`, JSON.stringify([...new Set([...installed(folder), ...packages])]))
  renameSync(`${list}.new`, list)
}

const create = (folder: string): void => {
  rmSync(folder, { recursive: true, force: true })
  const { status, stderr, stdout } = spawnSync('python3', ['-m', 'venv', folder], { encoding: 'utf8' })
  if (status !== 0) {
    throw new Error(
      `Python 3.11 with its venv module is needed: on Debian, apt-get install python3-venv. ${stdout ?? ''}${stderr ?? ''}`,
    )
  }
}

const install = async (interpreter: string, packages: string[]): Promise<void> => {
  // A machine without the public index would otherwise retry it for a minute per package.
  const env = { ...(process.env as Record<string, string>), PIP_RETRIES: '0' }
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', ...packages]
  const { status, stderr } = await runPython(interpreter, args, { env })
  if (status === 0) return
  const isUnreachable = /No matching distribution|NewConnectionError|Could not find a version/.test(stderr)
  const hint = isUnreachable
    ? ' No package index that pip can reach has them: set PIP_INDEX_URL or PIP_FIND_LINKS, or see `pip config list`.'
    : ''
  throw new Error(`pip could not install ${packages.join(' ')}.${hint}\n${stderr.slice(-2000)}`)
}

/** Test files run in several processes; only one may install. A lock whose owner is gone is taken over. */
const exclusively = async (folder: string, work: () => Promise<void>): Promise<void> => {
  const lock = `${folder}.lock`
  mkdirSync(dirname(folder), { recursive: true })
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      break
    } catch {
      if (isAbandoned(lock)) rmSync(lock, { force: true })
      await delay(200)
    }
  }
  try {
    await work()
  } finally {
    rmSync(lock, { force: true })
  }
}

const isAbandoned = (lock: string): boolean => {
  try {
    const owner = Number(readFileSync(lock, 'utf8'))
    if (owner > 0) process.kill(owner, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
