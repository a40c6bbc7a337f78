import { Blob, Card, type Commit, type Repo, Tree } from '../catalog/index.ts'
import type { HubContext } from './context.ts'
import { readAll } from './read-all.ts'

const metadataBytes = 2 ** 20

/** What every commit of this hub does to its repository besides moving a ref; give it to `Commit.apply` and `Commit.land`. */
export const hooks = (context: HubContext): Commit.Hooks => ({
  describe: async (tx, repo, head, before) => {
    const changed = (path: string) => changedText(context, tx, repo, head, before, path)
    const [readme, settings] = [await changed('README.md'), await changed('config.json')]
    if (readme === undefined && settings === undefined) return {}
    const card = readme === undefined ? repo.card : Card.fromReadme(readme).card
    const config = settings === undefined ? repo.config : Card.fromConfig(settings)
    return { card, config, ...Card.labels(card, config) }
  },
})

type Describe = NonNullable<Commit.Hooks['describe']>

/** A text file that a commit changes: `''` where it is gone or too large to mean anything, undefined where it stays. */
const changedText = async (
  context: HubContext,
  tx: Parameters<Describe>[0],
  repo: Repo.Repo,
  head: Tree.Found,
  before: Tree.Found | undefined,
  path: string,
): Promise<string | undefined> => {
  const now = await Tree.at(tx, repo.id, head.tree, path)
  const then = before && (await Tree.at(tx, repo.id, before.tree, path))
  if (now?.oid === then?.oid) return undefined
  const blob = now?.type === 'file' ? (await Blob.byOid(tx, repo.id, [now.oid])).get(now.oid) : undefined
  if (!blob || blob.size > metadataBytes) return ''
  return (await readAll(await context.store.open(blob.cid))).toString()
}
