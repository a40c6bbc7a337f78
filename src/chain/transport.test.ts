import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Chain, DevChain, deploy } from './index.ts'
import { keyOf, signerOf } from './testing.ts'

test('behavior: reads made while blocks are mined all answer', async () => {
  const home = await mkdtemp(join(tmpdir(), 'dehug-transport-'))
  {
    await using node = await DevChain.start({ home, blockTimeSeconds: 0.05 })
    const deployment = await deploy({ rpcUrl: node.rpcUrl, deployerKey: keyOf('deployer') })
    const chain = await Chain.connect({ rpcUrl: node.rpcUrl, deployment })
    for (let round = 0; round < 60; round += 1) {
      const balances = await Promise.all(
        Array.from({ length: 40 }, () => chain.usdc.balanceOf(signerOf('bob').address)),
      )
      expect(new Set(balances)).toEqual(new Set([100_000_000_000n]))
    }
  }
  await rm(home, { recursive: true, force: true })
})
