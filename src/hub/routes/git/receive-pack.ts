import { Readable } from 'node:stream'
import { DehugError } from '../../../core/index.ts'
import { assertMayDownload } from '../../Gate.ts'
import { ByteReader } from '../../git/ByteReader.ts'
import { askForToken, assertMayPush, bodyBytes, gitRepo } from '../../git/git-request.ts'
import { flush, line, maxPayload } from '../../git/PktLine.ts'
import { type PushRequest, readPush } from '../../git/PushRequest.ts'
import { type Outcome, receive } from '../../git/receive-pack.ts'
import * as SideBand from '../../git/SideBand.ts'
import { places, type Route } from '../../request.ts'
import { assertMayCommit } from '../commits/target.ts'

/** Silence after which git is told that the hub is still working. */
const aliveMs = 5_000

/** `git push`. */
export const receivePack: Route = (app, context) => {
  for (const { type, files } of places) {
    app.post(`${files}/:ns/:name/git-receive-pack`, askForToken, async (request, reply) => {
      const repo = await gitRepo(context, request, type)
      const holder = await assertMayPush(context, request, repo)
      // A push may build on what is here, so how it ends would tell of files that a gate keeps.
      await assertMayDownload(context, request, repo)
      const reader = new ByteReader(bodyBytes(request, context.limits.commitBytes + 2 ** 20))
      const push = await readPush(reader)
      reply.headers({ 'content-type': 'application/x-git-receive-pack-result', 'cache-control': 'no-cache' })
      if (!push) return reply.send('')
      const assertMayMove = (ref: string) => assertMayCommit(context, request, repo, ref)
      const body = watched(reader.rest())
      const outcome = receive({ context, repo, holder, request: push, assertMayMove }, body.bytes)
      if (!push.able.has('side-band-64k')) return reply.send(report(push, await outcome))
      // Not before: clients do not expect an answer while they are sending.
      await Promise.race([body.ended, outcome])
      const answer = answered(push, outcome, (error) => request.log.error(error))
      return reply.send(Readable.from(answer, { objectMode: false }))
    })
  }
}

/** The same bytes, and when there are no more or no more are wanted. */
const watched = (body: AsyncIterable<Uint8Array>) => {
  let onEnd = (): void => undefined
  const ended = new Promise<void>((resolve) => {
    onEnd = resolve
  })
  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      yield* body
    } finally {
      onEnd()
    }
  }
  return { bytes: bytes(), ended }
}

/** The report in packets of band 1, and until it is there a sign of life now and then. */
async function* answered(
  push: PushRequest,
  outcome: Promise<Outcome>,
  onFault: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  const settled = outcome.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  for (;;) {
    const result = await within(settled, aliveMs)
    if (result === undefined) yield SideBand.alive
    else if ('error' in result) {
      if (!(result.error instanceof DehugError)) onFault(result.error)
      yield SideBand.failure(`${result.error instanceof DehugError ? result.error.message : 'The hub failed'}\n`)
      return
    } else {
      yield* banded(report(push, result.value))
      yield flush
      return
    }
  }
}

const within = async <T>(step: Promise<T>, timeoutMs: number): Promise<T | undefined> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs)
  })
  try {
    return await Promise.race([step, late])
  } finally {
    clearTimeout(timer)
  }
}

function* banded(status: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < status.length; at += maxPayload - 1)
    yield SideBand.data(status.subarray(at, at + maxPayload - 1))
}

/** What git shows for each name. */
const report = ({ commands, able }: PushRequest, { unpack, refused }: Outcome): Uint8Array => {
  if (!able.has('report-status') && !able.has('report-status-v2')) return Buffer.alloc(0)
  const lines = [
    `unpack ${unpack ?? 'ok'}`,
    ...commands.map(({ ref }) => {
      const reason = unpack === undefined ? refused.get(ref) : 'unpacker error'
      return reason === undefined ? `ok ${ref}` : `ng ${ref} ${reason}`
    }),
  ]
  return Buffer.concat([...lines.map((text) => line(`${text.slice(0, 1000)}\n`)), flush])
}
