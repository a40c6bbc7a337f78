import type { Route } from '../../request.ts'

export const accessRoutes: Route[] = []
