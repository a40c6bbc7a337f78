import { z } from 'zod'

/**
 * `GET|POST|DELETE /api/dehug/session`: who this browser is. `csrf` goes into `X-CSRF-Token` of every write that the
 * cookie is to count for; `nonce` into the ERC-4361 message of the next sign-in, and is null for who is signed in.
 */
export const Session = z.object({
  user: z
    .object({
      id: z.string(),
      name: z.string(),
      fullname: z.string(),
      address: z.string().nullable(),
      avatarUrl: z.string(),
      orgs: z.array(z.object({ name: z.string(), role: z.string() })),
    })
    .nullable(),
  csrf: z.string(),
  nonce: z.string().nullable(),
  expiresAt: z.string().nullable(),
})
export type Session = z.output<typeof Session>

/** `POST /api/dehug/session`: the ERC-4361 message and its signature; `username` names a new user. */
export const SignIn = z.object({
  message: z.string().max(4096),
  signature: z.string().regex(/^0x([0-9a-fA-F]{2}){1,4096}$/),
  username: z.string().max(96).optional(),
})
