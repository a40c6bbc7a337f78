import type { Route } from '../../request.ts'
import { listCommits } from './list-commits.ts'
import { listRefs } from './list-refs.ts'

export const historyRoutes: Route[] = [listCommits, listRefs]
