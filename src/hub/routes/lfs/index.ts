import type { Route } from '../../request.ts'
import { completeUpload } from './complete-upload.ts'
import { getLfsObject } from './get-lfs-object.ts'
import { lfsBatch } from './lfs-batch.ts'
import { lfsVerify } from './lfs-verify.ts'
import { locks } from './locks.ts'
import { putPart } from './put-part.ts'
import { putUpload } from './put-upload.ts'

export const lfsRoutes: Route[] = [getLfsObject, lfsBatch, lfsVerify, putUpload, putPart, completeUpload, locks]
