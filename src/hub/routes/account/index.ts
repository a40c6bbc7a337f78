import type { Route } from '../../request.ts'
import { createToken } from './create-token.ts'
import { deleteToken } from './delete-token.ts'
import { getNonce } from './get-nonce.ts'
import { getWhoami } from './get-whoami.ts'
import { listTokens } from './list-tokens.ts'
import { rotateToken } from './rotate-token.ts'

export const accountRoutes: Route[] = [createToken, deleteToken, getNonce, getWhoami, listTokens, rotateToken]
