import type { GitObject, Token } from '../catalog/index.ts'

/** Who a commit names: the user, never their e-mail address. */
export const authorOf = ({ user }: Token.Holder): GitObject.Author => ({
  name: user.name,
  email: `${user.name}@users.noreply.dehug.invalid`,
})
