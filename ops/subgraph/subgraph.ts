import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  Badges,
  EngagementOracle,
  ModelNFT,
  ModelRegistry,
  ProviderRegistry,
  RevenueLedger,
  UsageController,
} from '../../src/chain/abi/index.ts'
import { type Deployment, load } from '../../src/chain/Deployment.ts'

/** Each contract with the file that handles its events. */
const sources = {
  ModelRegistry: { abi: ModelRegistry.abi, file: 'registry' },
  ModelNFT: { abi: ModelNFT.abi, file: 'nft' },
  RevenueLedger: { abi: RevenueLedger.abi, file: 'revenue' },
  ProviderRegistry: { abi: ProviderRegistry.abi, file: 'providers' },
  UsageController: { abi: UsageController.abi, file: 'usage' },
  EngagementOracle: { abi: EngagementOracle.abi, file: 'signals' },
  Badges: { abi: Badges.abi, file: 'signals' },
} as const
type Contract = keyof typeof sources

/** Events that tell nothing which is kept: those of standards, and of how contracts are set up. */
const unheard =
  /^(Approval|ApprovalForAll|BatchMetadataUpdate|MetadataUpdate|Locked|Unlocked|EIP712DomainChanged|Collected|TokenWithdrawn|FeeScheduled|Ownership\w+|Paused|Unpaused|RevenueForwarded|TreasurySet|WindowSet)$/
/** Those of the same name that do. */
const heard = new Set(['UsageController:Locked'])
const passedOver = new Set(['Badges:Transfer'])

/** The Graph's names of chains; a node of one's own calls its chain as its configuration says. */
const networks: Record<number, string> = { 8453: 'base', 84532: 'base-sepolia', 31337: 'anvil' }

type Parameter = { type: string; indexed?: boolean }
type Entry = { type: string; name?: string; inputs?: readonly Parameter[] }

const eventsOf = (contract: Contract): Entry[] =>
  (sources[contract].abi as readonly Entry[]).filter(({ type, name = '' }) => {
    const full = `${contract}:${name}`
    return type === 'event' && !passedOver.has(full) && (heard.has(full) || !unheard.test(name))
  })

const signatureOf = ({ name, inputs = [] }: Entry): string =>
  `${name}(${inputs.map(({ type, indexed }) => (indexed ? `indexed ${type}` : type)).join(',')})`

/** What `subgraph.yaml` says for a deployment; JSON is YAML. A contract that the deployment lacks is left out. */
export const manifest = ({ chainId, block, contracts }: Deployment): object => ({
  specVersion: '1.2.0',
  schema: { file: './schema.graphql' },
  dataSources: (Object.keys(sources) as Contract[])
    .filter((name) => contracts[name] !== undefined)
    .map((name) => ({
      kind: 'ethereum/contract',
      name,
      network: networks[chainId] ?? `chain-${chainId}`,
      source: { address: contracts[name], abi: name, startBlock: block },
      mapping: {
        kind: 'ethereum/events',
        apiVersion: '0.0.9',
        language: 'wasm/assemblyscript',
        file: `./src/${sources[name].file}.ts`,
        entities: ['Model'],
        abis: [{ name, file: `./abis/${name}.json` }],
        eventHandlers: eventsOf(name).map((event) => ({ event: signatureOf(event), handler: `handle${event.name}` })),
      },
    })),
})

/** Writes `subgraph.yaml` and the ABIs into a folder. */
export const write = (deployment: Deployment, folder: string): void => {
  mkdirSync(join(folder, 'abis'), { recursive: true })
  for (const name of Object.keys(sources) as Contract[])
    writeFileSync(join(folder, 'abis', `${name}.json`), JSON.stringify(sources[name].abi, null, 2))
  writeFileSync(join(folder, 'subgraph.yaml'), `${JSON.stringify(manifest(deployment), null, 2)}\n`)
}

const [, script = '', from] = process.argv
if (import.meta.filename === script) {
  if (from === undefined)
    throw new Error('Say for which chain: npx tsx ops/subgraph/subgraph.ts <chain id or deployment file>')
  write(load(/^\d+$/.test(from) ? Number(from) : from), import.meta.dirname)
}
