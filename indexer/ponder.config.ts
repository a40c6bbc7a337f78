import { createConfig } from 'ponder'
import {
  Badges,
  EngagementOracle,
  ModelNFT,
  ModelRegistry,
  ProviderRegistry,
  RevenueLedger,
  UsageController,
} from '../src/chain/abi/index.ts'
import { readEnvironment } from './environment.ts'

const { rpcUrl, deployment } = readEnvironment(process.env)
const { contracts, chainId } = deployment
const isDevelopment = chainId === 31337
/** Where nothing ever is: for contracts that a deployment of an earlier version lacks. */
const nowhere = '0x000000000000000000000000000000000000dead'
const common = { chain: 'dehug', startBlock: deployment.block } as const

export default createConfig({
  ordering: 'multichain',
  chains: {
    dehug: {
      id: chainId,
      // Ponder asks one URL at most 20 times a second at first; a node on this machine can do more.
      rpc: isDevelopment ? Array<string>(20).fill(rpcUrl) : rpcUrl,
      // A development chain may be reset, and cached blocks of the former one would be lies; `startIndexer` sees to that and says so.
      disableCache: isDevelopment && process.env.DEHUG_INDEXER_CACHE !== 'keep',
      pollingInterval: isDevelopment ? 200 : 1_000,
    },
  },
  contracts: {
    ModelRegistry: { ...common, abi: ModelRegistry.abi, address: contracts.ModelRegistry },
    ModelNFT: { ...common, abi: ModelNFT.abi, address: contracts.ModelNFT },
    RevenueLedger: { ...common, abi: RevenueLedger.abi, address: contracts.RevenueLedger },
    ProviderRegistry: { ...common, abi: ProviderRegistry.abi, address: contracts.ProviderRegistry },
    UsageController: { ...common, abi: UsageController.abi, address: contracts.UsageController },
    EngagementOracle: { ...common, abi: EngagementOracle.abi, address: contracts.EngagementOracle ?? nowhere },
    Badges: { ...common, abi: Badges.abi, address: contracts.Badges ?? nowhere },
  },
})
