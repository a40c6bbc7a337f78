import type { Route } from '../request.ts'
import { accessRoutes } from './access/index.ts'
import { accountRoutes } from './account/index.ts'
import { collectionsRoutes } from './collections/index.ts'
import { commitsRoutes } from './commits/index.ts'
import { communityRoutes } from './community/index.ts'
import { dehugRoutes } from './dehug/index.ts'
import { filesRoutes } from './files/index.ts'
import { gitRoutes } from './git/index.ts'
import { historyRoutes } from './history/index.ts'
import { lfsRoutes } from './lfs/index.ts'
import { loginRoutes } from './login/index.ts'
import { ociRoutes } from './oci/index.ts'
import { organizationsRoutes } from './organizations/index.ts'
import { reposRoutes } from './repos/index.ts'
import { searchRoutes } from './search/index.ts'
import { sessionRoutes } from './session/index.ts'
import { signalsRoutes } from './signals/index.ts'
import { xetRoutes } from './xet/index.ts'

/** All routes of the hub. */
export const routes: Route[] = [
  ...accountRoutes,
  ...accessRoutes,
  ...organizationsRoutes,
  ...collectionsRoutes,
  ...reposRoutes,
  ...filesRoutes,
  ...historyRoutes,
  ...commitsRoutes,
  ...lfsRoutes,
  ...xetRoutes,
  ...gitRoutes,
  ...communityRoutes,
  ...loginRoutes,
  ...sessionRoutes,
  ...ociRoutes,
  ...dehugRoutes,
  ...signalsRoutes,
  ...searchRoutes,
]
