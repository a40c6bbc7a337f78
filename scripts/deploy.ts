// Deploys DeHug's contracts to a chain, checks them, and writes contracts/deployments/<chainId>.json.
//
//   DEPLOYER_KEY=0x… node --import tsx scripts/deploy.ts --chain 84532 [--rpc-url URL] [--owner ADDRESS] [--treasury ADDRESS]
//   node --import tsx scripts/deploy.ts --chain 84532 --check          only checks what is deployed there
//   DEPLOYER_KEY=0x… node --import tsx scripts/deploy.ts --chain 84532 --complete   adds contracts that came since it was deployed
//   node --import tsx scripts/deploy.ts --rpc-url http://127.0.0.1:8545 --dev   a development chain with its well-known keys
//
// Without --chain the chain is asked for its id. A chain without a preset needs --usdc ADDRESS --usdc-name NAME --usdc-version VERSION.
import { parseArgs } from 'node:util'
import { Chain, completeDeployment, Deployment, DevKeys, deploy } from '../src/chain/index.ts'
import { BadInput, DehugError, type Hex, NotPermitted } from '../src/core/index.ts'

const { values } = parseArgs({
  options: {
    chain: { type: 'string' },
    'rpc-url': { type: 'string' },
    owner: { type: 'string' },
    treasury: { type: 'string' },
    'fee-bps': { type: 'string' },
    usdc: { type: 'string' },
    'usdc-name': { type: 'string' },
    'usdc-version': { type: 'string' },
    out: { type: 'string' },
    check: { type: 'boolean', default: false },
    complete: { type: 'boolean', default: false },
    dev: { type: 'boolean', default: false },
    force: { type: 'boolean', default: false },
  },
})

function rpcUrlOf(chainId: number | undefined): string {
  const url = values['rpc-url'] ?? (chainId === undefined ? undefined : Deployment.preset(chainId)?.rpcUrl)
  if (!url) throw new BadInput('No chain was named.', { hint: 'Give --chain 8453, --chain 84532, or --rpc-url <url>.' })
  return url
}

async function chainIdOf(rpcUrl: string): Promise<number> {
  const answer = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }),
  })
  return Number(((await answer.json()) as { result: string }).result)
}

function deployerKey(chainId: number): Hex {
  if (values.dev) return DevKeys.get('deployer', chainId).privateKey
  const key = process.env.DEPLOYER_KEY
  if (!key || !/^0x[0-9a-fA-F]{64}$/.test(key)) {
    throw new NotPermitted('DEPLOYER_KEY holds no private key.', {
      code: 'no_deployer_key',
      hint: 'Set it to 0x and 64 hexadecimal digits of an account that can pay the gas; it is not written anywhere.',
    })
  }
  return key as Hex
}

function address(name: 'owner' | 'treasury' | 'usdc'): Hex | undefined {
  const given = values[name]
  if (given !== undefined && !/^0x[0-9a-fA-F]{40}$/.test(given))
    throw new BadInput(`--${name} ${given} is not an address.`)
  return given?.toLowerCase() as Hex | undefined
}

function givenUsdc() {
  const token = address('usdc')
  if (!token) return {}
  return { usdc: { address: token, name: values['usdc-name'] ?? 'USD Coin', version: values['usdc-version'] ?? '2' } }
}

function deployedAlready(chainId: number): boolean {
  try {
    Deployment.load(values.out ?? chainId)
    return true
  } catch (error) {
    if (error instanceof Deployment.NotDeployed) return false
    throw error
  }
}

async function main(): Promise<void> {
  const wanted = values.chain === undefined ? undefined : Number(values.chain)
  const rpcUrl = rpcUrlOf(wanted)
  const chainId = await chainIdOf(rpcUrl)
  if (wanted !== undefined && wanted !== chainId)
    throw new BadInput(`${rpcUrl} serves chain ${chainId}, not ${wanted}.`)
  if (values.complete) {
    const onStep = (name: string) => console.error(`deployed ${name}`)
    const options = { rpcUrl, deployerKey: deployerKey(chainId), onStep }
    Deployment.save(await completeDeployment(Deployment.load(values.out ?? chainId), options), values.out)
  } else if (!values.check) {
    if (chainId !== DevKeys.devChainId && deployedAlready(chainId) && !values.force) {
      throw new BadInput(`DeHug is deployed on chain ${chainId} already.`, {
        hint: 'Check it with --check; --complete adds what came since; --force deploys anew.',
      })
    }
    const owner = address('owner')
    const treasury = address('treasury')
    const deployment = await deploy({
      rpcUrl,
      deployerKey: deployerKey(chainId),
      onStep: (name) => console.error(`deployed ${name}`),
      ...givenUsdc(),
      ...(owner ? { owner } : {}),
      ...(treasury ? { treasury } : {}),
      ...(values['fee-bps'] ? { protocolFeeBps: Number(values['fee-bps']) } : {}),
    })
    Deployment.save(deployment, values.out)
  }
  const deployment = Deployment.load(values.out ?? chainId)
  const chain = await Chain.connect({ rpcUrl, deployment })
  console.error(`checked chain ${chainId}: contracts name each other, USDC signs as "${deployment.usdc.name}"`)
  console.error(`protocol fee ${await chain.protocolFeeBps()} bps, close window ${await chain.closeWindowSeconds()} s`)
  console.log(JSON.stringify(deployment, null, 2))
}

main().catch((error) => {
  if (!(error instanceof DehugError)) throw error
  console.error(error.message)
  if (error.hint) console.error(error.hint)
  process.exitCode = error.exitCode
})
