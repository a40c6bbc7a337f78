import { join } from 'node:path'
import { runPython } from '../../test/python.ts'
import { tokens } from './start-test-hub.ts'

/** Runs scripts with unmodified clients, as `ada` and with a cache of their own; each prints one JSON value as its last line. */
export const huggingFace =
  (of: { interpreter: string; url: string; dir: string; prelude: string; env?: Record<string, string> }) =>
  async (script: string, env: Record<string, string> = {}): Promise<unknown> => {
    const settings = {
      HOME: of.dir,
      HF_HOME: join(of.dir, 'hf'),
      HF_ENDPOINT: of.url,
      HF_HUB_DISABLE_TELEMETRY: '1',
      HF_HUB_DISABLE_PROGRESS_BARS: '1',
      HF_TOKEN: tokens.ada,
      ...of.env,
      ...env,
    }
    return (await runPython(of.interpreter, ['-c', of.prelude + script], { env: settings })).lastJson
  }
