import type { FastifyRequest } from 'fastify'
import { Repo, Token, type Tree, Tree as Trees, Version } from '../../../catalog/index.ts'
import { type Manifest, NotFound, RepoId } from '../../../core/index.ts'
import * as CommitFiles from '../../CommitFiles.ts'
import type { HubContext } from '../../context.ts'
import { BadToken, RepoNotFound, RepoNotFoundWithoutToken } from '../../errors.ts'
import { assertMayDownload } from '../../Gate.ts'
import { paramsOf } from '../../request.ts'

/** What the token route gives to those who bring no credentials. */
export const anonymous = 'anonymous'

/** Where repositories of a kind are in the registry. */
export const registryPlaces: { type: RepoId.RepoType; prefix: string }[] = [
  { type: 'model', prefix: '/v2' },
  { type: 'dataset', prefix: '/v2/datasets' },
  { type: 'space', prefix: '/v2/spaces' },
]

/** The secret in `Authorization`: a bearer, or the password of Basic; undefined where there is none. Throws {@link BadToken}. */
export const secretOf = (header: string | undefined): string | undefined => {
  if (header === undefined) return undefined
  const [scheme = '', value = ''] = header.split(/\s+/, 2)
  if (!/^(bearer|basic)$/i.test(scheme)) throw new BadToken()
  const secret = /^bearer$/i.test(scheme)
    ? value
    : Buffer.from(value, 'base64')
        .toString()
        .replace(/^[^:]*:?/, '')
  return secret === '' || secret === anonymous ? undefined : secret
}

/** Finds out who pulls. Throws {@link BadToken}. */
export const identifyPuller = async (context: HubContext, request: FastifyRequest): Promise<void> => {
  const secret = secretOf(request.headers.authorization)
  if (secret === undefined) return
  const holder = await Token.find(context.catalog.db, secret, context.clock())
  if (!holder) throw new BadToken()
  request.holder = holder
}

/** The repository of the URL, in any letter case (registries know small letters only), if this caller may have its files. */
export const pullableRepo = async (
  context: HubContext,
  request: FastifyRequest,
  type: RepoId.RepoType,
): Promise<Repo.Repo> => {
  const { ns = '', name = '' } = paramsOf(request)
  const id = idOf(type, `${ns}/${name}`)
  const repo = id && (await Repo.find(context.catalog.db, id))
  if (!repo || !(await Repo.mayRead(context.catalog.db, repo, request.holder))) {
    throw request.holder ? new RepoNotFound(`${ns}/${name}`) : new RepoNotFoundWithoutToken(`${ns}/${name}`)
  }
  await assertMayDownload(context, request, repo)
  return repo
}

const idOf = (type: RepoId.RepoType, name: string): RepoId.RepoId | undefined => {
  try {
    return RepoId.parse(name, type)
  } catch {
    return undefined
  }
}

/** A commit with its files. */
export type Pulled = { commit: Tree.Found; files: Manifest.File[] }

/** The commit a tag means: `latest`, an anchored root, a branch or tag of git, or a commit. */
export const commitOfTag = async (
  context: HubContext,
  repo: Repo.Repo,
  tag: string,
): Promise<Tree.Found | undefined> => {
  const { db } = context.catalog
  if (/^0x[0-9a-f]{64}$/.test(tag)) {
    const version = await Version.byRoot(db, repo.id, tag)
    return version && Trees.commitAt(db, repo.id, version.commit)
  }
  return (await Trees.revision(db, repo, tag)) ?? (tag === 'latest' ? Trees.revision(db, repo, 'main') : undefined)
}

export const filesOf = async (context: HubContext, repo: Repo.Repo, commit: Tree.Found): Promise<Pulled> => ({
  commit,
  files: await CommitFiles.of(context.catalog.db, repo, commit),
})

/** The registry has no such manifest. */
export class ManifestUnknown extends NotFound {
  constructor(reference: string) {
    super(`manifest unknown: ${reference.slice(0, 140)}`, { code: 'manifest_unknown' })
  }
}

/** The repository has no such bytes. */
export class BlobUnknown extends NotFound {
  constructor(digest: string) {
    super(`blob unknown: ${digest.slice(0, 140)}`, { code: 'blob_unknown' })
  }
}
