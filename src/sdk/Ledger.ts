import type { Chain, Deployment } from '../chain/web.ts'
import { NotFound, VerificationFailed } from '../core/index.ts'
import type { Connection } from './Connection.ts'

/** The chain as this client reads it itself, and the contracts that everything is checked against. */
export type Ledger = { chain: Chain.Chain; deployment: Deployment.Deployment }

const developmentChainId = 31337

const opened = new WeakMap<Connection, Promise<Ledger>>()

/**
 * Connects to the chain, once a connection: to the caller's own node where one is given, else to the one the hub names.
 * On public networks the contracts are the ones this package ships, whatever the hub says.
 */
export function open(connection: Connection): Promise<Ledger> {
  const known = opened.get(connection)
  if (known) return known
  const ledger = connect(connection)
  opened.set(connection, ledger)
  ledger.catch(() => opened.delete(connection))
  return ledger
}

async function connect(connection: Connection): Promise<Ledger> {
  const facts = await connection.network()
  const { Chain, Deployment } = await import('../chain/web.ts')
  const deployment =
    facts.chainId === developmentChainId
      ? Deployment.parse(facts.deployment)
      : await connection.deploymentOf(facts.chainId)
  const chain = await Chain.connect({ rpcUrl: connection.rpcUrl ?? facts.rpcUrl, deployment })
  return { chain, deployment }
}

/** What a read returns, or undefined where the chain does not know the thing. */
export const known = <T>(read: Promise<T>): Promise<T | undefined> =>
  read.catch((error: unknown) => {
    if (error instanceof NotFound) return undefined
    throw error
  })

/** What the hub says is not what the chain says. */
export class ChainDisagrees extends VerificationFailed {
  constructor(what: string, said: string, onChain: string) {
    super(`The hub says ${what} is ${said}, but the chain says ${onChain}.`, {
      code: 'chain_disagrees',
      hint: 'Do not use what this hub served; ask another one, or set DEHUG_RPC_URL to a node you trust.',
    })
  }
}
