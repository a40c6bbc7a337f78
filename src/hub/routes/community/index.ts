import type { Route } from '../../request.ts'

export const communityRoutes: Route[] = []
