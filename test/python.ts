import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const venv = resolve(import.meta.dirname, '../node_modules/.cache/dehug-venv')
const installed = join(venv, 'dehug-installed')
const lock = `${venv}.lock`
const lockIsStaleMs = 10 * 60_000

/**
 * A Python virtual environment with these packages (`huggingface_hub`, or `openai==2.1.0`), kept under node_modules so
 * that they are installed once. Returns the path of its interpreter. Packages come from wherever the machine's pip is
 * configured to look.
 */
export const python = async (packages: string[]): Promise<string> => {
  const interpreter = join(venv, 'bin/python')
  const missing = () => packages.filter((name) => !existsSync(join(installed, name)))
  if (missing().length === 0) return interpreter
  await exclusively(() => {
    if (!existsSync(join(venv, 'bin/pip'))) create()
    const wanted = missing()
    if (wanted.length === 0) return
    run(interpreter, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...wanted])
    for (const name of wanted) mkdirSync(join(installed, name), { recursive: true })
  })
  return interpreter
}

const create = (): void => {
  rmSync(venv, { recursive: true, force: true })
  try {
    run('python3', ['-m', 'venv', venv])
  } catch (cause) {
    throw new Error('Python 3.11 with its venv module is needed: on Debian, apt-get install python3-venv.', { cause })
  }
}

const run = (command: string, args: string[]): void => {
  // A machine without the public index would otherwise retry it for a minute per package.
  const env = { ...process.env, PIP_RETRIES: '0' }
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8', env })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr.slice(-2000)}`)
}

/** Test files run in several processes; only one may install. */
const exclusively = async (work: () => void): Promise<void> => {
  mkdirSync(resolve(venv, '..'), { recursive: true })
  for (;;) {
    try {
      mkdirSync(lock)
      break
    } catch {
      const age = existsSync(lock) ? Date.now() - statSync(lock).mtimeMs : 0
      if (age > lockIsStaleMs) rmSync(lock, { recursive: true, force: true })
      await delay(200)
    }
  }
  try {
    work()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}
