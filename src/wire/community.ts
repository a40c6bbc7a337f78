import { z } from 'zod'

/** What clients send about discussions and pull requests. Source: huggingface_hub, `HfApi.create_discussion` and its neighbours. */

/** Postgres takes no NUL, and half a surrogate pair is no text. */
const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => value.isWellFormed() && !value.includes('\0'), 'expected text')
const title = text(255).trim().min(1)
const body = text(65_536)

/** `POST /api/{type}s/{id}/discussions` */
export const CreateDiscussion = z.object({
  title,
  description: body.nullish(),
  pullRequest: z.boolean().nullish(),
})

/** `POST …/discussions/{num}/comment` */
export const AddComment = z.object({ comment: body.min(1) })

/** `POST …/discussions/{num}/comment/{id}/edit` */
export const EditComment = z.object({ content: body.min(1) })

/** `POST …/discussions/{num}/title` */
export const SetTitle = z.object({ title })

/** `POST …/discussions/{num}/status` */
export const SetStatus = z.object({ status: z.enum(['open', 'closed']), comment: body.nullish() })

/** `POST …/discussions/{num}/merge` */
export const Merge = z.object({ comment: body.nullish() })
