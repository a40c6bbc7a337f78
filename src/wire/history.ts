import { z } from 'zod'

/** What clients send to make branches and tags and to rewrite history. Source: huggingface_hub, `HfApi.create_branch` and its neighbours. */

const revision = z.string().max(1024)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const digest = z.string().regex(/^[0-9a-f]{40,64}$/)

/** `POST /api/{type}s/{id}/branch/{name}` */
export const CreateBranch = z.object({
  startingPoint: revision.nullish(),
  emptyBranch: z.boolean().nullish(),
  overwrite: z.boolean().nullish(),
})

/** `POST /api/{type}s/{id}/tag/{revision}`; with a message the tag is an object of its own. */
export const CreateTag = z.object({ tag: z.string().max(1024), message: z.string().max(65_536).nullish() })

/** `POST /api/{type}s/{id}/super-squash/{branch}` */
export const SuperSquash = z.object({ message: z.string().max(65_536).nullish() })

/** `POST /api/{type}s/{id}/lfs-files/batch`: `sha` holds the `fileOid`s of the list. */
export const DeleteLfsFiles = z.object({
  deletions: z.object({ sha: z.array(digest).min(1).max(1000), rewriteHistory: z.boolean().default(true) }),
})

/** `POST /api/{type}s/{id}/lfs-files/duplicate`: files of this repository that another one may then refer to. */
export const DuplicateLfsFiles = z.object({
  target: z.object({ type: z.enum(['model', 'dataset', 'space']), name: z.string().max(200) }),
  files: z
    .array(
      z.object({ sha256: sha256, filename: z.string().max(1024).nullish(), xetHash: z.string().max(100).nullish() }),
    )
    .max(5000),
})
