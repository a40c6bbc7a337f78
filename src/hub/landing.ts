import type { Commit } from '../catalog/index.ts'
import type { HubContext } from './context.ts'
import * as RepoFacts from './RepoFacts.ts'

/** What every commit of this hub does to its repository besides moving a ref; give it to `Commit.apply` and `Commit.land`. */
export const hooks = (context: HubContext): Commit.Hooks => ({ describe: RepoFacts.describe(context.store) })
