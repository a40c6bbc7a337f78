import type { Route } from '../../request.ts'

export const ociRoutes: Route[] = []
