import { Domain, type Hex, Revoke } from '../core/index.ts'
import { type Connection, signerOf } from './Connection.ts'
import { signStruct } from './sign-struct.ts'
import { deadlineFrom } from './withdraw.ts'

/** Ends a session by the payer's signature, which a gateway relays: its key pays for nothing from then on. */
export async function revokeSession(connection: Connection, session: Hex): Promise<{ tx: Hex | null }> {
  const { chainId, contracts } = await connection.network()
  const revoke: Revoke.Revoke = { session, deadline: deadlineFrom(connection.now()) }
  const domain = Domain.usage(chainId, contracts.UsageController as Hex)
  const signature = await signStruct(signerOf(connection), domain, Revoke, revoke)
  const gateway = await connection.openGateway()
  const body = { revoke: Revoke.serialize(revoke), signature }
  return (await gateway.json('/v1/sessions/revoke', { method: 'POST', body })) as { tx: Hex | null }
}
