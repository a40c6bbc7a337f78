'use client'
import type { Answer, EngineRequest } from 'dehug/core'
import { keepPage } from '../offline.ts'
import { connect } from '../sdk.ts'
import { type KnownVersion, keepVersion, keptVersion } from './kept-version.ts'
import type { Job, Keep, Told } from './messages.ts'

type How = { onText: (piece: string) => void; onNote: (note: string) => void; signal: AbortSignal }

let worker: Worker | undefined
let lastId = 0

/** Ends of the jobs that the engine has, by id. */
const pending = new Map<number, (error: unknown) => void>()

/** Versions by `ns/name`: looked up and checked against the chain once, so that later runs need no network. */
const versions = new Map<string, Promise<KnownVersion>>()

/**
 * Runs a model in this browser, with no provider and no fee. Its manifest is checked against the chain and every file
 * against the manifest before the engine reads it. Throws when a file is damaged, or the model has no ONNX files.
 */
export async function runInBrowser(
  model: string,
  request: EngineRequest.EngineRequest,
  how: How,
): Promise<Answer.Answer> {
  how.onNote('Checking the version on chain')
  const { commit, files } = await versionOf(model)
  how.signal.throwIfAborted()
  lastId += 1
  const answer = await ask({ id: lastId, model, commit, files, request }, how)
  void keepPage(keepEngine)
  return answer
}

function versionOf(model: string): Promise<KnownVersion> {
  const asked = versions.get(model) ?? findVersion(model)
  versions.set(model, asked)
  return asked.catch((error) => {
    versions.delete(model)
    return keptVersion(model, error)
  })
}

async function findVersion(model: string): Promise<KnownVersion> {
  const { sdk, connection } = await connect()
  const { RepoId } = await import('dehug/core')
  const { manifest } = await sdk.resolveVersion(connection, { repo: RepoId.parse(model), at: { kind: 'head' } })
  const files = manifest.files.map(({ path, size, sha256 }) => ({ path, size, sha256 }))
  if (!files.some(({ path }) => /^onnx\/.+\.onnx$/.test(path))) throw new NotForBrowsers(model)
  const version = { commit: manifest.commit, files }
  keepVersion(model, version)
  return version
}

function ask(job: Job, { onText, onNote, signal }: How): Promise<Answer.Answer> {
  worker ??= new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  const engine = worker
  return new Promise((done, fail) => {
    const end = () => {
      pending.delete(job.id)
      engine.removeEventListener('message', onMessage)
      engine.removeEventListener('error', onError)
      signal.removeEventListener('abort', onAbort)
    }
    const refuse = (error: unknown) => {
      end()
      fail(error)
    }
    const onMessage = ({ data }: MessageEvent<Told>) => {
      if (data.id !== job.id) return
      if (data.kind === 'kept') return
      if (data.kind === 'note') return onNote(data.note)
      if (data.kind === 'text') return onText(data.text)
      if (data.kind === 'failed') return refuse(Object.assign(new Error(data.message), { code: data.code }))
      end()
      done(data.answer)
    }
    const onError = ({ message }: ErrorEvent) => {
      worker = undefined
      refuse(new Error(message || 'The engine could not be started in this browser.'))
    }
    // A model may be stuck in an endless loop: only the end of its thread stops it for sure.
    const onAbort = () => {
      refuse(signal.reason)
      engine.terminate()
      if (worker === engine) worker = undefined
      for (const tell of pending.values()) tell(new Error('The engine was stopped; run it again.'))
    }
    pending.set(job.id, refuse)
    engine.addEventListener('message', onMessage)
    engine.addEventListener('error', onError)
    signal.addEventListener('abort', onAbort)
    engine.postMessage(job)
  })
}

const keepEngine = (): Promise<void> =>
  new Promise((done, fail) => {
    const engine = worker
    if (!engine) return done()
    lastId += 1
    const asked: Keep = { id: lastId, keep: true }
    const onMessage = ({ data }: MessageEvent<Told>) => {
      if (data.id !== asked.id) return
      engine.removeEventListener('message', onMessage)
      if (data.kind === 'failed') fail(new Error(data.message))
      else done()
    }
    engine.addEventListener('message', onMessage)
    engine.postMessage(asked)
  })

/** The model has no files that a browser's engine reads. */
class NotForBrowsers extends Error {
  readonly code = 'not_for_browsers'
  readonly hint = 'Run it with a provider, or publish an ONNX export below onnx/.'

  constructor(model: string) {
    super(`${model} has no ONNX files, which are what runs in a browser.`)
  }
}
