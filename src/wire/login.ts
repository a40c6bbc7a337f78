import { z } from 'zod'
import { Delegate } from '../core/index.ts'

/** What programs and people say to the hub to let somebody in, besides what OAuth 2 fixes. */

const signature = z
  .string()
  .regex(/^0x([0-9a-fA-F]{2})*$/)
  .max(2 + 2 * 4096)

/** `POST /api/dehug/oauth-apps`: a program that may ask people for access; without `confidential` it has no secret. */
export const CreateOauthApp = z.strictObject({
  name: z.string().regex(/^[^\p{C}]{1,96}$/u),
  redirectUris: z.array(z.string().max(2048)).min(1).max(20),
  scopes: z.array(z.string().max(64)).min(1).max(64),
  confidential: z.boolean().default(false),
})

/** The secret of a confidential program is shown when it is made and never again. */
export const OauthAppCreated = z.object({
  clientId: z.string(),
  clientSecret: z.string().optional(),
  name: z.string(),
  redirectUris: z.array(z.string()),
  scopes: z.array(z.string()),
})
export type OauthAppCreated = z.output<typeof OauthAppCreated>

/**
 * `POST /api/dehug/device`: lets the device that shows `userCode` in, or refuses it, without a browser: by an unlimited
 * token, or by a message of ERC-4361 whose statement names the code. Without `approve` it only says who asks for what.
 */
export const DecideDevice = z.strictObject({
  userCode: z.string().max(40),
  approve: z.boolean().optional(),
  message: z.string().max(4096).optional(),
  signature: signature.optional(),
})
export type DecideDevice = z.output<typeof DecideDevice>

export const DeviceDecided = z.object({
  program: z.string(),
  scopes: z.array(z.string()),
  user: z.string(),
  approved: z.boolean().nullable(),
})
export type DeviceDecided = z.output<typeof DeviceDecided>

/** `POST /api/dehug/delegations`: the owner's signed word that this hub may anchor commits; an expiry in the past takes it back. */
export const SetDelegation = z.strictObject({
  repo: z.string().max(128),
  delegate: Delegate.schema,
  signature,
})

/** `GET /api/dehug/delegations[?repo=]`: what the caller can delegate, and what they did. */
export const Delegations = z.object({
  /** The hub's own address, which signs for owners who allow it. */
  delegate: z.string(),
  repos: z.array(
    z.object({
      repo: z.string(),
      modelId: z.string(),
      owner: z.string(),
      ownerEpoch: z.string(),
      /** Unix time in s until which the chain lets the hub sign; `0` for not at all. */
      expiry: z.string(),
      /** Why the newest commit is not anchored, where that was tried. */
      problem: z.string().nullable(),
    }),
  ),
})
export type Delegations = z.output<typeof Delegations>
