import type { Route } from '../../request.ts'
import { getRefs } from './get-refs.ts'
import { uploadPack } from './upload-pack.ts'

export const gitRoutes: Route[] = [getRefs, uploadPack]
