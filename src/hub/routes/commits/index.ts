import type { Route } from '../../request.ts'
import { commit } from './commit.ts'
import { preupload } from './preupload.ts'

export const commitsRoutes: Route[] = [commit, preupload]
