import type { Route } from '../../request.ts'
import { checkLicense } from './check-license.ts'
import { getEconomics } from './get-economics.ts'
import { getLineage } from './get-lineage.ts'
import { getOpenApi } from './get-openapi.ts'
import { getProvider } from './get-provider.ts'
import { getStats } from './get-stats.ts'
import { listOffers } from './list-offers.ts'
import { listProviders } from './list-providers.ts'
import { listReceipts } from './list-receipts.ts'
import { listSimilar } from './list-similar.ts'
import { listVersions } from './list-versions.ts'
import { searchRepos } from './search-repos.ts'
import { suggest } from './suggest.ts'

export const searchRoutes: Route[] = [
  ...[searchRepos, suggest, checkLicense, getOpenApi],
  ...[getLineage, listVersions, listSimilar, getEconomics, listOffers],
  ...[listProviders, getProvider, listReceipts, getStats],
]
