import { z } from 'zod'

/** What a client says about accounts, likes, gated access and collections. The shapes are those of huggingface_hub 1.x and 2.x. */

const name = z.string().min(1).max(96)
/** Postgres takes no NUL. */
const words = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\0]*$/)

/** `POST /api/organizations` */
export const CreateOrganization = z.object({
  name,
  fullname: words(200).optional(),
  details: words(2000).optional(),
})

/** `PATCH /api/organizations/{org}` */
export const UpdateOrganization = z.object({
  fullname: words(200).optional(),
  details: words(2000).optional(),
  defaultVisibility: z.enum(['public', 'private']).optional(),
})

/** `PUT /api/organizations/{org}/members/{user}` */
export const SetMember = z.object({ role: z.enum(['admin', 'write', 'contributor', 'read']) })

const field = z.union([words(2000), z.number(), z.boolean()])

/** `POST /api/{type}s/{id}/ask-access`: the form of the card, filled in; a form body has each value in a list. */
export const AskAccess = z
  .record(
    words(200),
    field.or(
      z
        .array(field)
        .length(1)
        .transform(([only]) => only as z.output<typeof field>),
    ),
  )
  .refine((fields) => Object.keys(fields).length <= 64, { message: 'expected at most 64 fields' })

/** `POST /api/{type}s/{id}/user-access-request/handle` */
export const HandleAccessRequest = z.object({
  user: name,
  status: z.enum(['pending', 'accepted', 'rejected']),
  rejectionReason: words(2000).nullish(),
})

/** `POST /api/{type}s/{id}/user-access-request/grant`: a person or an organisation. */
export const GrantAccess = z.object({ user: name })

const itemType = z.enum(['model', 'dataset', 'space', 'paper', 'collection'])
const item = z.object({ id: words(256), type: itemType })
const title = words(60).regex(/\S/)
const description = words(150)
const note = words(500)
const position = z.int().min(0).max(100_000)

/** `POST /api/collections` */
export const CreateCollection = z.object({
  title,
  namespace: name,
  description: description.nullish(),
  private: z.boolean().default(false),
  item: item.nullish(),
})

/** `PATCH /api/collections/{slug}` */
export const UpdateCollection = z.object({
  title: title.optional(),
  description: description.optional(),
  private: z.boolean().optional(),
  theme: z.enum(['orange', 'blue', 'green', 'purple', 'pink', 'indigo']).optional(),
  position: position.optional(),
})

/** `POST /api/collections/{slug}/items` */
export const AddCollectionItem = z.object({ item, note: note.nullish() })

/** `PATCH /api/collections/{slug}/items/{id}` */
export const UpdateCollectionItem = z.object({ note: note.optional(), position: position.optional() })
