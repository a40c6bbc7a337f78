import { Readable } from 'node:stream'
import type { Repo } from '../../../catalog/index.ts'
import { Objects } from '../../../catalog/index.ts'
import type { HubContext } from '../../context.ts'
import { assertMayDownload } from '../../Gate.ts'
import { list, visible } from '../../git/advertise.ts'
import { ByteReader } from '../../git/ByteReader.ts'
import { BadFetch, fromArguments, readCommand, readV0 } from '../../git/FetchRequest.ts'
import { askForToken, bodyBytes, gitRepo } from '../../git/git-request.ts'
import { line } from '../../git/PktLine.ts'
import { answerFetch } from '../../git/upload-pack.ts'
import { places, type Route } from '../../request.ts'
import { versionOf } from './get-refs.ts'

/** Wishes of a fetch: names and object ids. */
const maxBytes = 32 * 2 ** 20

/** `git clone` and `git fetch`. */
export const uploadPack: Route = (app, context) => {
  for (const { type, files } of places) {
    app.post(`${files}/:ns/:name/git-upload-pack`, askForToken, async (request, reply) => {
      const repo = await gitRepo(context, request, type)
      await assertMayDownload(context, request, repo)
      reply.headers({ 'content-type': 'application/x-git-upload-pack-result', 'cache-control': 'no-cache' })
      const reader = new ByteReader(bodyBytes(request, maxBytes))
      const report = (error: unknown) => request.log.error(error)
      const understand = versionOf(request) === 2 ? commanded : fetched
      const answer = await understand(context, repo, reader, report).catch(inWordsOfGit)
      return reply.send(answer instanceof Uint8Array ? answer : Readable.from(answer, { objectMode: false }))
    })
  }
}

type Answer = Promise<Uint8Array | AsyncGenerator<Uint8Array>>
type Report = (error: unknown) => void

/** Of any other answer than a packet git tells the person nothing but its status. */
const inWordsOfGit = (error: unknown): Uint8Array => {
  if (error instanceof BadFetch) return line(`ERR ${error.message}`)
  throw error
}

const fetched = async (context: HubContext, repo: Repo.Repo, reader: ByteReader, report: Report): Answer => {
  const request = await readV0(reader)
  return request ? answerFetch(context, repo, request, { version: 0, report }) : Buffer.alloc(0)
}

const commanded = async (context: HubContext, repo: Repo.Repo, reader: ByteReader, report: Report): Answer => {
  const asked = await readCommand(reader)
  if (!asked) return Buffer.alloc(0)
  if (asked.command === 'ls-refs') {
    return list(visible(await Objects.namedRefs(context.catalog.db, repo.id)), asked.texts)
  }
  if (asked.command === 'fetch') {
    return answerFetch(context, repo, fromArguments(asked.texts), { version: 2, report })
  }
  throw new BadFetch(`there is no command "${asked.command.slice(0, 40)}"`)
}
