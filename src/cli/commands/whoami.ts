import type { Account } from '../../sdk/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import { type Io, print } from '../Io.ts'

export type WhoamiResult = Account & { endpoint: string; signer: string | null }

/** Shows whose token this is, and which key signs. */
export async function whoami(options: ConnectOptions, io: Io): Promise<WhoamiResult> {
  const client = await connect(options, io)
  const account = await client.whoami()
  const { endpoint, signer: key } = client.connection
  const signer = key?.address ?? null
  print(io, account.name)
  if (account.orgs.length > 0) print(io, `orgs: ${account.orgs.map((org) => org.name).join(', ')}`)
  if (signer) print(io, `signs as ${signer}`)
  return { ...account, endpoint, signer }
}
