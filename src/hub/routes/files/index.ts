import type { Route } from '../../request.ts'
import { getFile } from './get-file.ts'
import { getPathsInfo } from './get-paths-info.ts'
import { listTree } from './list-tree.ts'

export const filesRoutes: Route[] = [getFile, getPathsInfo, listTree]
