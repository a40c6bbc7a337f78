import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DehugError, Shard } from '../../../core/index.ts'
import type { XetWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import { BodyTooLarge } from '../../errors.ts'
import type { Route } from '../../request.ts'
import { casPath } from '../../XetLinks.ts'
import { assertUsable, registerFile } from './register-shard.ts'
import { streamOf } from './stream-of.ts'
import { ownCredentials, type XetWriter, xetWriter } from './xet-caller.ts'

const beatMs = 15_000

/** Takes a shard: what files are made of. Version 2 says meanwhile how far it is. */
export const postShard: Route = (app, context) => {
  app.post(`${casPath}/v1/shards`, ownCredentials, async (request, reply): Promise<XetWire.ShardUploaded> => {
    const { files, writer } = await receive(context, request)
    // Checking a large file takes longer than a silent socket is kept.
    request.raw.socket.setTimeout(0)
    const signal = hangUp(reply)
    for (const file of files) await registerFile(context, writer, file, { signal })
    return { result: 1 }
  })
  app.post(`${casPath}/v2/shards`, ownCredentials, async (request, reply): Promise<FastifyReply> => {
    const { files, writer } = await receive(context, request)
    reply.header('content-type', 'application/x-ndjson')
    return reply.send(Readable.from(lines(context, request, hangUp(reply), writer, files), { objectMode: false }))
  })
}

const receive = async (context: HubContext, request: FastifyRequest) => {
  const writer = await xetWriter(context, request)
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of streamOf(request)) {
    length += piece.length
    if (length > Shard.maxBytes) throw new BodyTooLarge('The shard', Shard.maxBytes)
    pieces.push(piece)
  }
  const files = Shard.parseFiles(Buffer.concat(pieces))
  await assertUsable(context, writer, files)
  return { files, writer }
}

/** Ends the work for a client that is gone: a short shard can name more bytes than anybody waits for. */
const hangUp = (reply: FastifyReply): AbortSignal => {
  const controller = new AbortController()
  reply.raw.once('close', () => controller.abort())
  return controller.signal
}

const sizeOf = ({ terms }: Shard.File): number => terms.reduce((sum, { size }) => sum + size, 0)

async function* lines(
  context: HubContext,
  request: FastifyRequest,
  signal: AbortSignal,
  writer: XetWriter,
  files: Shard.File[],
): AsyncGenerator<string> {
  const total = files.reduce((sum, file) => sum + sizeOf(file), 0)
  let before = 0
  let verified = 0
  const work = (async (): Promise<XetWire.ShardEvent> => {
    for (const file of files) {
      const onBytes = (bytes: number) => {
        verified = before + bytes
      }
      await registerFile(context, writer, file, { signal, onBytes })
      before += sizeOf(file)
    }
    return { type: 'result' }
  })().catch((error: unknown) => failure(request, error))
  for (;;) {
    const event = await Promise.race([work, beat()])
    yield `${JSON.stringify(event ?? { type: 'validating', verified, total })}\n`
    if (event) return
  }
}

const beat = (): Promise<undefined> =>
  new Promise((resolve) => {
    setTimeout(resolve, beatMs, undefined).unref()
  })

const failure = (request: FastifyRequest, error: unknown): XetWire.ShardEvent => {
  if (!(error instanceof DehugError)) request.log.error(error)
  const { detail, retryable } = DehugError.toProblem(error)
  return { type: 'error', message: detail, retryable: retryable ?? false }
}
