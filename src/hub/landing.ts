import { Commit, type Repo } from '../catalog/index.ts'
import type { HubContext } from './context.ts'
import * as RepoFacts from './RepoFacts.ts'
import { announce, type Event } from './webhooks/announce.ts'

/** What every commit of this hub does to its repository besides moving a ref; give it to `Commit.apply` and `Commit.land`. */
export const hooks = (context: HubContext): Commit.Hooks => ({
  describe: RepoFacts.describe(context.store),
  moved: (tx, repo, moves) => {
    const isNew = moves.some(({ ref, from }) => ref === Commit.mainRef && from === '')
    const event: Event = isNew ? { action: 'create', scope: 'repo' } : { action: 'update', scope: 'repo.content' }
    return moves.length === 0 ? Promise.resolve() : announce(context, tx, repo, event, { moves })
  },
})

/** What is done once a commit has landed, before its maker is answered. */
export const landed = ({ catalog, store }: HubContext, repo: Repo.Repo): Promise<void> =>
  RepoFacts.settle(catalog.db, store, repo)
