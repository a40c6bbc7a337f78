import { z } from 'zod'

const ref = z.object({ name: z.string().max(1024) }).nullish()
const cursor = z.string().max(100).nullish()
const limit = z.int().min(0).max(1_000_000).nullish()

/** `POST …/info/lfs/locks`. Source: git-lfs, docs/api/locking.md. */
export const CreateLock = z.object({ path: z.string().min(1).max(1024), ref })

/** `POST …/info/lfs/locks/verify` */
export const VerifyLocks = z.object({ cursor, limit, ref })

/** `POST …/info/lfs/locks/{id}/unlock` */
export const Unlock = z.object({ force: z.boolean().nullish(), ref })

/** `POST` to the link of an upload in parts, when all are sent. */
export const CompleteUpload = z.object({
  oid: z.string().regex(/^[0-9a-f]{64}$/),
  parts: z.array(z.object({ partNumber: z.int().positive(), etag: z.string().max(200) })).max(100_000),
})
