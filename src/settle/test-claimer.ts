import pg from 'pg'
import { Chain, RelayBudget, Relayer } from '../chain/index.ts'
import { Domain } from '../core/index.ts'
import { DiskStore } from '../store/index.ts'
import * as Batches from './Batches.ts'
import { fromChain } from './ClaimChain.ts'
import { fromStore } from './DataAvailability.ts'
import * as NativeSigner from './NativeSigner.ts'
import { openBook } from './testing.ts'

/** A process that claims everything and may be killed at one step: `node --import tsx test-claimer.ts '{…}'`. */
const given = JSON.parse(process.argv[2] as string)
const pool = new pg.Pool({ connectionString: given.databaseUrl })
const chain = await Chain.connect({ rpcUrl: given.rpcUrl, deployment: given.deployment })
const relayer = await Relayer.start({ chain, key: given.gasKey, budget: RelayBudget.inMemory({ now: Date.now }) })
const signer = NativeSigner.from(given.providerKey)
const domainSeparator = Domain.separator(
  Domain.usage(given.deployment.chainId, given.deployment.contracts.UsageController),
)
const ledger = await openBook(pool, { signer, domainSeparator })
const store = await DiskStore.open({ dir: given.storeDir })
const batches = Batches.start({
  pool,
  ledger,
  signer,
  domainSeparator,
  chain: fromChain(chain, relayer, signer.address),
  da: fromStore(store),
  now: Date.now,
  onStep: (step) => {
    if (step === given.killAt) process.kill(process.pid, 'SIGKILL')
    // The transaction is in the pool and not mined yet.
    if (step === 'sending' && given.killAt === 'pooled') setTimeout(() => process.kill(process.pid, 'SIGKILL'), 120)
  },
})
if (given.release) await batches.release(given.release)
else await batches.claim()
process.exit(0)
