import type { Connection } from 'dehug/sdk/web'
import { network } from './network.ts'

/** The contracts as this site names them; the page itself comes from the same place. */
export const deployment = async () =>
  (await network()).deployment as Awaited<ReturnType<Connection.Connection['deploymentOf']>>
