import { randomUUID } from 'node:crypto'
import { Commit, Repo } from '../../../catalog/index.ts'
import { Path, type RepoId, Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import { authorOf } from '../../authorship.ts'
import type { HubContext } from '../../context.ts'
import * as Gitattributes from '../../Gitattributes.ts'
import { decodeInline, storeInline } from '../../inline-file.ts'
import { hooks } from '../../landing.ts'
import { linkPrefix, originOf, ownerFor, type Route, requireHolder } from '../../request.ts'
import { wantedId, wantedVisibility } from './wanted-repo.ts'

type Wish = ReturnType<typeof HubWire.CreateRepo.parse>

/** Makes a repository with a first commit. */
export const createRepo: Route = (app, context) => {
  app.post('/api/repos/create', async (request) => {
    const wish = Struct.parseWith(HubWire.CreateRepo, request.body, 'request for a repository')
    const holder = requireHolder(request)
    const id = wantedId(wish, holder.user.name)
    const owner = await ownerFor(context, holder, id)
    const url = `${originOf(context, request)}/${linkPrefix(id.type)}${owner.name}/${id.name}`
    const visibility = wantedVisibility(wish) ?? owner.defaultVisibility
    const { db } = context.catalog
    if (await Repo.find(db, id)) throw existing(id, url)
    const files = await initialFiles(context, holder, wish)
    const now = context.clock()
    const rowId = randomUUID()
    const made = db.transaction(async (tx) => {
      const sdk = id.type === 'space' ? (wish.sdk ?? undefined) : undefined
      const row = { id, rowId, owner, creator: holder.user, visibility, sdk }
      const repo = await Repo.insert(tx, row, now).catch((error) => {
        throw error instanceof Repo.RepoExists ? existing(id, url) : error
      })
      await Commit.apply(tx, repo, {
        ref: Commit.mainRef,
        changes: files.map(({ path, blob }) => ({ kind: 'put', path, blob })),
        author: authorOf(holder),
        message: 'initial commit',
        now,
        ...hooks(context),
      })
      for (const { blob } of files) await context.store.pin(blob.cid, `repo:${rowId}`)
    })
    await made.catch(async (error) => {
      await context.store.unpin(`repo:${rowId}`)
      throw error
    })
    return { url, name: `${owner.name}/${id.name}`, id: `${owner.name}/${id.name}` }
  })
}

const existing = (id: RepoId.RepoId, url: string) => new Repo.RepoExists(id, { url })

type InitialFile = { path: string; bytes: Uint8Array; blob: Awaited<ReturnType<typeof storeInline>> }

const initialFiles = async (
  context: HubContext,
  holder: ReturnType<typeof requireHolder>,
  wish: Wish,
): Promise<InitialFile[]> => {
  const given = (wish.files ?? []).map((file) => {
    Path.assertSafe(file.path)
    return { path: file.path, bytes: decodeInline(file, context.limits.inlineBytes) }
  })
  const texts = new Map<string, Uint8Array>([['.gitattributes', Buffer.from(Gitattributes.initial)]])
  const card = { license: wish.license, ...(wish.type === 'space' ? { sdk: wish.sdk } : {}) }
  const lines = Object.entries(card).flatMap(([name, value]) => (value ? [`${name}: ${JSON.stringify(value)}`] : []))
  if (lines.length > 0) texts.set('README.md', Buffer.from(['---', ...lines, '---', ''].join('\n')))
  for (const { path, bytes } of given) texts.set(path, bytes)
  Path.assertUnique([...texts.keys()])
  const files: InitialFile[] = []
  for (const [path, bytes] of texts) files.push({ path, bytes, blob: await storeInline(context, holder, path, bytes) })
  return files
}
