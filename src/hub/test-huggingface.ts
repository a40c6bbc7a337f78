import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type HubClient, pythonOf, runPython } from '../../test/python.ts'
import { startTestHub, type TestHub, tokens } from './start-test-hub.ts'

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

/** A hub, a folder of it for the client (`dir` in the scripts, too), and scripts of the client against it. */
export type HubStory = {
  hub: TestHub
  dir: string
  run: (script: string, env?: Record<string, string>) => Promise<unknown>
}

export type HubStoryOptions = { env?: Record<string, string>; parts?: Parameters<typeof startTestHub>[0] }

/** Starts what a client's stories need; `prelude` stands before each script. Ended by `hub.stop()`. */
export async function startHubStory(
  client: HubClient,
  prelude: string,
  { env = {}, parts = {} }: HubStoryOptions = {},
): Promise<HubStory> {
  const interpreter = await pythonOf(client)
  const hub = await startTestHub(parts)
  const dir = join(hub.dir, 'client')
  await mkdir(dir)
  const all = `import json, os\ndir = ${JSON.stringify(dir)}\n${prelude}`
  return { hub, dir, run: huggingFace({ interpreter, url: hub.url, dir, prelude: all, env }) }
}
