import type { Route } from '../../request.ts'

export const loginRoutes: Route[] = []
