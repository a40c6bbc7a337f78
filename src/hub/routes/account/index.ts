import type { Route } from '../../request.ts'
import { createOauthApp } from './create-oauth-app.ts'
import { createToken } from './create-token.ts'
import { decideDevice } from './decide-device.ts'
import { deleteOauthApp } from './delete-oauth-app.ts'
import { deleteOauthGrant } from './delete-oauth-grant.ts'
import { deleteToken } from './delete-token.ts'
import { getNonce } from './get-nonce.ts'
import { getWhoami } from './get-whoami.ts'
import { listDelegations } from './list-delegations.ts'
import { listOauthApps } from './list-oauth-apps.ts'
import { listOauthGrants } from './list-oauth-grants.ts'
import { listTokens } from './list-tokens.ts'
import { rotateToken } from './rotate-token.ts'
import { setDelegation } from './set-delegation.ts'

export const accountRoutes: Route[] = [
  ...[createToken, deleteToken, listTokens, rotateToken, getNonce, getWhoami],
  ...[createOauthApp, listOauthApps, deleteOauthApp, listOauthGrants, deleteOauthGrant, decideDevice],
  ...[listDelegations, setDelegation],
]
