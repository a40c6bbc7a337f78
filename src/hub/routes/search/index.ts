import type { Route } from '../../request.ts'
import { searchRepos } from './search-repos.ts'
import { suggest } from './suggest.ts'

export const searchRoutes: Route[] = [searchRepos, suggest]
