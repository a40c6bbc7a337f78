import type { Hex, Struct } from 'dehug/core'
import { defineChain, http, parseAbi } from 'viem'
import { type Config, createConfig } from 'wagmi'
import {
  connect,
  disconnect,
  getConnection,
  reconnect,
  signMessage,
  signTypedData,
  switchChain,
  writeContract,
} from 'wagmi/actions'
import { injected } from 'wagmi/connectors/injected'
import { type Network, network } from './network.ts'
import type { Wallet } from './Wallet.ts'

/** Chains on which Base Account has wallets. */
const baseChains = [8453, 84532]

let made: Promise<Config> | undefined

/** Wallets that announce themselves (EIP-6963), and Base Account where its chain is ours. */
export const config = (): Promise<Config> => {
  made ??= network().then(configOf)
  return made
}

const configOf = async ({ chainId, rpcUrl }: Network): Promise<Config> => {
  const chain = defineChain({
    id: chainId,
    name: chainId === 31337 ? 'DeHug development' : `Chain ${chainId}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  })
  return createConfig({
    chains: [chain],
    transports: { [chainId]: http(rpcUrl) },
    connectors: baseChains.includes(chainId) ? [await baseAccount(chainId)] : [],
    multiInjectedProviderDiscovery: true,
    ssr: false,
  })
}

/** The package's own entry for browsers; the one that wagmi's connector takes on servers wants much that no browser needs. */
const baseAccount = async (chainId: number) => {
  const { createBaseAccountSDK } = await import('@base-org/account/browser')
  const sdk = createBaseAccountSDK({ appName: 'DeHug', appChainIds: [chainId] })
  const provider = sdk.getProvider() as never
  return injected({ target: { id: 'baseAccount', name: 'Base Account', provider: () => provider } })
}

/** A wallet that the person may choose. */
export type Choice = { id: string; name: string; icon: string | undefined }

/** What is installed here. Wallets announce themselves at once when asked (EIP-6963). */
export const choices = async (): Promise<Choice[]> =>
  (await config()).connectors.map(({ uid, name, icon }) => ({ id: uid, name, icon }))

/** Asks the wallet for its account. Throws what the wallet says. */
export const connectTo = async (id: string): Promise<Wallet> => {
  const on = await config()
  const connector = on.connectors.find(({ uid }) => uid === id)
  if (!connector) throw new Error('This wallet is not here any more.')
  const present = getConnection(on)
  if (present.isConnected && present.connector?.uid === id) return walletOf(on)
  if (present.isConnected) await disconnect(on)
  await connect(on, { connector })
  return walletOf(on)
}

/** The wallet that was connected before the page was loaded, if it still is. */
export const connectAgain = async (): Promise<Wallet | undefined> => {
  const on = await config()
  if (!getConnection(on).isConnected) await reconnect(on)
  return getConnection(on).isConnected ? walletOf(on) : undefined
}

export const leave = async (): Promise<void> => {
  await disconnect(await config())
}

const walletOf = (on: Config): Wallet => {
  const { address, connector } = getConnection(on)
  if (!address || !connector) throw new Error('The wallet gave no account.')
  const own = address.toLowerCase() as Hex
  return {
    kind: 'connected',
    name: connector.name,
    address: own,
    signMessage: (message) => signMessage(on, { account: address, message }),
    signer: {
      address: own,
      sign: () => Promise.reject(new Error(`${connector.name} does not sign what it cannot show.`)),
      signTyped: (typed) => signTyped(on, address, typed),
    },
  }
}

const signTyped = async (on: Config, account: Hex, typed: Struct.TypedData): Promise<Hex> => {
  const { chainId } = typed.domain
  if (getConnection(on).chainId !== chainId) await switchChain(on, { chainId })
  return signTypedData(on, { account, ...typed } as Parameters<typeof signTypedData>[1])
}

const transferAbi = parseAbi(['function safeTransferFrom(address from, address to, uint256 tokenId)'])

/** Sends a model's NFT to somebody else, in a transaction of the connected wallet. */
export const transferNft = async (modelId: bigint, to: Hex): Promise<Hex> => {
  const [on, { contracts, chainId }] = await Promise.all([config(), network()])
  if (!(await connectAgain())) throw new Error('Connect the wallet that holds the NFT.')
  const { address } = getConnection(on)
  if (getConnection(on).chainId !== chainId) await switchChain(on, { chainId })
  return writeContract(on, {
    address: contracts.ModelNFT as Hex,
    abi: transferAbi,
    functionName: 'safeTransferFrom',
    args: [address as Hex, to, modelId],
  })
}
