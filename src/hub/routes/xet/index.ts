import type { Route } from '../../request.ts'
import { getXetToken } from './get-xet-token.ts'

export const xetRoutes: Route[] = [getXetToken]
