import { DevKeys } from '../../chain/index.ts'
import { Client, type FundResult, PortableSigner, type PushProgress } from '../../sdk/index.ts'
import * as Format from '../Format.ts'
import type * as Facts from './Facts.ts'
import type { Fixture } from './fixtures.ts'
import type { Network } from './Network.ts'
import type { Report } from './Report.ts'

/** Deposited for each development account, and the limit of its inference key. */
const depositMicroUsdc = 100_000_000n

/** A client that acts as a development account. */
export function clientOf(network: Network, name: string): Client.Client {
  const { origin, chainId, accounts, rpcUrl } = network.facts()
  const account = accounts.find((one) => one.name === name)
  const { privateKey } = DevKeys.get(name as DevKeys.DevName, chainId)
  return Client.from({
    endpoint: origin,
    rpcUrl,
    token: account?.token,
    apiKey: account?.apiKey ?? undefined,
    signer: PortableSigner.from(privateKey),
  })
}

/** Publishes the fixtures as `dehug`, one after the other; those that are there already send nothing. */
export async function publish(network: Network, wanted: Fixture[], report: Report): Promise<void> {
  const client = clientOf(network, 'dehug')
  for (const { folder, repo } of wanted) {
    const startedAt = performance.now()
    let sentAt = startedAt
    const onProgress = ({ phase }: PushProgress) => {
      if (phase === 'anchor') sentAt = performance.now()
    }
    const pushed = await client.push({ folder, repo, message: 'First version', onProgress })
    const { minted, tokenId, tx, files, bytes, cid, root } = pushed
    const size = Format.bytes(bytes)
    report.done('pushed', sentAt - startedAt, `${pushed.repo}: ${files} files, ${size}, manifest ${cid}, root ${root}`)
    if (tx) report.done(minted ? 'minted' : 'anchored', performance.now() - sentAt, `NFT ${tokenId}, tx ${tx}`)
  }
}

/** Funds those accounts that have no inference key yet: all deposits go into the same blocks. */
export async function fund(network: Network, names: string[]): Promise<({ name: string } & FundResult)[]> {
  const { accounts } = network.facts()
  const poor = accounts.filter((account) => names.includes(account.name) && account.apiKey === null)
  const funded = await Promise.all(
    poor.map(async ({ name }) => ({
      name,
      ...(await clientOf(network, name).fund({ amountMicroUsdc: depositMicroUsdc })),
    })),
  )
  const keys = new Map(funded.map(({ name, apiKey }) => [name, apiKey]))
  const withKeys: Facts.Account[] = network
    .facts()
    .accounts.map((account) => ({ ...account, apiKey: keys.get(account.name) ?? account.apiKey }))
  await network.remember({ accounts: withKeys })
  return funded
}
