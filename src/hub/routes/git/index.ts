import type { Route } from '../../request.ts'

export const gitRoutes: Route[] = []
