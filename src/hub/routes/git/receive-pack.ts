import { ByteReader } from '../../git/ByteReader.ts'
import { askForToken, assertMayPush, bodyBytes, gitRepo } from '../../git/git-request.ts'
import { flush, line, maxPayload } from '../../git/PktLine.ts'
import { type PushRequest, readPush } from '../../git/PushRequest.ts'
import { type Outcome, receive } from '../../git/receive-pack.ts'
import * as SideBand from '../../git/SideBand.ts'
import { places, type Route } from '../../request.ts'
import { assertMayCommit } from '../commits/target.ts'

/** `git push`. */
export const receivePack: Route = (app, context) => {
  for (const { type, files } of places) {
    app.post(`${files}/:ns/:name/git-receive-pack`, askForToken, async (request, reply) => {
      const repo = await gitRepo(context, request, type)
      const holder = await assertMayPush(context, request, repo)
      const reader = new ByteReader(bodyBytes(request, context.limits.commitBytes + 2 ** 20))
      const push = await readPush(reader)
      reply.headers({ 'content-type': 'application/x-git-receive-pack-result', 'cache-control': 'no-cache' })
      if (!push) return reply.send('')
      const assertMayMove = (ref: string) => assertMayCommit(context, request, repo, ref)
      const outcome = await receive({ context, repo, holder, request: push, assertMayMove }, reader.rest())
      return reply.send(report(push, outcome))
    })
  }
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
  const status = Buffer.concat([...lines.map((text) => line(`${text.slice(0, 1000)}\n`)), flush])
  if (!able.has('side-band-64k')) return status
  const pieces: Uint8Array[] = []
  for (let at = 0; at < status.length; at += maxPayload - 1)
    pieces.push(SideBand.data(status.subarray(at, at + maxPayload - 1)))
  return Buffer.concat([...pieces, flush])
}
