import type { Route } from '../../request.ts'
import { getRefs } from './get-refs.ts'
import { receivePack } from './receive-pack.ts'
import { uploadPack } from './upload-pack.ts'

export const gitRoutes: Route[] = [getRefs, uploadPack, receivePack]
