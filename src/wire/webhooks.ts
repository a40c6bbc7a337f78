import { z } from 'zod'

/** What people say about their webhooks. Source: huggingface_hub, `HfApi.create_webhook` and its neighbours. */

const visible = /^[\x21-\x7e]+$/

const url = z
  .string()
  .max(2048)
  .regex(visible)
  .refine((text) => {
    if (!URL.canParse(text)) return false
    const { protocol, username, password } = new URL(text)
    return ['http:', 'https:'].includes(protocol) && username === '' && password === ''
  }, 'expected an http or https URL without a password')

const watched = z.object({
  type: z.enum(['model', 'dataset', 'space', 'user', 'org']),
  name: z
    .string()
    .max(200)
    .regex(/^[\w.-]+(\/[\w.-]+)?$/),
})
export type Watched = z.output<typeof watched>

const domains = z
  .array(z.enum(['repo', 'discussions']))
  .min(1)
  .max(2)
/** It becomes a header. */
const secret = z.string().max(256).regex(visible)

/** `POST /api/settings/webhooks` */
export const Create = z.object({
  url,
  watched: z.array(watched).min(1).max(100),
  domains: domains.nullish(),
  secret: secret.nullish(),
})

/** `POST /api/settings/webhooks/{id}`: what is left out, and an empty list, stays as it is. */
export const Update = z.object({
  url: url.nullish(),
  watched: z.array(watched).max(100).nullish(),
  domains: domains.nullish(),
  secret: secret.nullish(),
})
