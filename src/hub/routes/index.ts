import type { Route } from '../request.ts'
import { accountRoutes } from './account/index.ts'
import { commitsRoutes } from './commits/index.ts'
import { dehugRoutes } from './dehug/index.ts'
import { filesRoutes } from './files/index.ts'
import { lfsRoutes } from './lfs/index.ts'
import { reposRoutes } from './repos/index.ts'
import { xetRoutes } from './xet/index.ts'

/** All routes of the hub. */
export const routes: Route[] = [
  ...accountRoutes,
  ...reposRoutes,
  ...filesRoutes,
  ...commitsRoutes,
  ...lfsRoutes,
  ...xetRoutes,
  ...dehugRoutes,
]
