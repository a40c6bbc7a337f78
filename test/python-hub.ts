import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestHub, type TestHub, tokens } from '../src/hub/start-test-hub.ts'
import { runPython } from './python.ts'

/** How large files travel to the hub: plain LFS, or Xet chunks. */
export type TransferPath = 'lfs' | 'xet'

/** A hub of its own, and a folder in which unmodified Python clients talk to it as `ada`. */
export type PythonHub = AsyncDisposable & {
  hub: TestHub
  folder: string
  /** The transfer paths that this hub offers. */
  paths: TransferPath[]
  /** What a client's process finds in its environment. */
  env(path?: TransferPath): Record<string, string>
  /** Runs a script; gives the JSON of its last line. */
  run(interpreter: string, script: string, options?: RunOptions): Promise<unknown>
}

export type RunOptions = { path?: TransferPath; env?: Record<string, string>; signal?: AbortSignal }

export const startPythonHub = async (): Promise<PythonHub> => {
  const [hub, folder] = await Promise.all([startTestHub(), mkdtemp(join(tmpdir(), 'dehug-clients-'))])
  const env = (path: TransferPath = 'lfs') => ({
    HOME: folder,
    HF_HOME: join(folder, `hf-${path}`),
    HF_ENDPOINT: hub.url,
    HF_TOKEN: tokens.ada,
    HF_HUB_DISABLE_TELEMETRY: '1',
    HF_HUB_DISABLE_PROGRESS_BARS: '1',
    HF_HUB_DISABLE_UPDATE_CHECK: '1',
    HF_HUB_DISABLE_XET: path === 'xet' ? '0' : '1',
    TOKENIZERS_PARALLELISM: 'false',
  })
  return {
    hub,
    folder,
    paths: (await offersXet(hub)) ? ['lfs', 'xet'] : ['lfs'],
    env,
    run: async (interpreter, script, { path, env: more, signal } = {}) => {
      const ran = await runPython(interpreter, ['-'], {
        cwd: folder,
        env: { ...env(path), ...more },
        input: script,
        ...(signal === undefined ? {} : { signal }),
      })
      return ran.lastJson
    },
    [Symbol.asyncDispose]: async () => {
      await hub.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const offersXet = async (hub: TestHub): Promise<boolean> => {
  const headers = { authorization: `Bearer ${tokens.ada}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ name: 'probe', type: 'model' })
  const made = await fetch(`${hub.url}/api/repos/create`, { method: 'POST', headers, body })
  if (!made.ok) throw new Error(`No repository could be made: ${made.status} ${await made.text()}`)
  const token = await fetch(`${hub.url}/api/models/ada/probe/xet-write-token/main`, { headers })
  await token.body?.cancel()
  return token.ok
}
