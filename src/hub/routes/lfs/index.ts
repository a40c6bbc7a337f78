import type { Route } from '../../request.ts'
import { getLfsObject } from './get-lfs-object.ts'
import { lfsBatch } from './lfs-batch.ts'
import { lfsVerify } from './lfs-verify.ts'
import { putUpload } from './put-upload.ts'

export const lfsRoutes: Route[] = [getLfsObject, lfsBatch, lfsVerify, putUpload]
