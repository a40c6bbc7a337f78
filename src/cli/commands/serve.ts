import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { RepoId, Version } from '../../core/index.ts'
import type { ConnectOptions } from '../connect.ts'
import * as Format from '../Format.ts'
import { type Io, note } from '../Io.ts'
import { pull } from './pull.ts'

export type ServeOptions = ConnectOptions & { port: number }

/** Runs a local folder, or a pulled and verified version, behind the OpenAI API on this machine until Ctrl-C. */
export async function serve(source: string, options: ServeOptions, io: Io): Promise<undefined> {
  const { id, dir } = existsSync(source)
    ? { id: basename(resolve(source)), dir: resolve(source) }
    : await fetchModel(source, options, io)
  const [{ Engine }, { localOpenAi }] = await Promise.all([
    import('../../engine/index.ts'),
    import('../serve/local-openai.ts'),
  ])
  const startedAt = io.now()
  await using engine = await Engine.start({ dir })
  const app = localOpenAi({ id, engine, now: io.now })
  const url = await app.listen({ host: '127.0.0.1', port: options.port })
  if (io.json) io.stdout(`${JSON.stringify({ url, model: id, task: engine.info.task })}\n`)
  note(
    io,
    `${id} (${engine.info.task}, ${engine.info.name}, sandbox ${engine.info.sandbox.kind}) answers after ${Format.duration(io.now() - startedAt)}:`,
  )
  note(io, `  export OPENAI_BASE_URL=${url}/v1 OPENAI_API_KEY=local`)
  await Promise.race([ended(io.signal), engine.exited])
  await app.close()
}

async function fetchModel(source: string, options: ConnectOptions, io: Io): Promise<{ id: string; dir: string }> {
  const id = RepoId.format(Version.parse(source).repo)
  const to = join(io.config.home, 'models', id.replace('/', '--').toLowerCase())
  const { folder } = await pull(source, { ...options, to }, { ...io, json: true })
  return { id, dir: folder }
}

const ended = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }))
