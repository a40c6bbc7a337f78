import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isAlive, signal } from './AnvilProcess.ts'
import { Calls, Chain, Deployment, DevChain, DevKeys, deploy, RelayBudget, Relayer } from './index.ts'
import { keyOf, signerOf } from './testing.ts'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'dehug-devchain-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

const deployOn = (node: DevChain.DevChain) => deploy({ rpcUrl: node.rpcUrl, deployerKey: keyOf('deployer') })

async function approveOnce(node: DevChain.DevChain, deployment: Deployment.Deployment) {
  const chain = await Chain.connect({ rpcUrl: node.rpcUrl, deployment })
  await using relayer = await Relayer.start({
    chain,
    key: keyOf('bob'),
    budget: RelayBudget.inMemory({ now: Date.now }),
  })
  return await relayer.send(Calls.approveUsdc(deployment, signerOf('alice').address, 5n), { account: 'bob' })
}

async function eventsOf(node: DevChain.DevChain, deployment: Deployment.Deployment) {
  const chain = await Chain.connect({ rpcUrl: node.rpcUrl, deployment })
  const events = []
  for await (const chunk of chain.events()) events.push(...chunk)
  return events
}

describe('behavior: a development chain', () => {
  test('behavior: development payers hold genuine USDC', async () => {
    await using node = await DevChain.start({ home })
    const deployment = await deployOn(node)
    const chain = await Chain.connect({ rpcUrl: node.rpcUrl, deployment })
    expect(await chain.usdc.balanceOf(signerOf('alice').address)).toBe(100_000_000_000n)
    expect(await chain.usdc.balanceOf(signerOf('auditor').address)).toBe(0n)
  })

  test('behavior: state, receipts and events survive kill -9', async () => {
    const first = await DevChain.start({ home })
    const deployment = await deployOn(first)
    const { hash, receipt } = await approveOnce(first, deployment)
    const before = await eventsOf(first, deployment)
    const state = join(home, 'chain/state.json')
    const holds = async () => existsSync(state) && (await readFile(state, 'utf8')).includes(hash)
    await expect.poll(holds, { timeout: 10_000 }).toBe(true)
    signal(first.pid, 'SIGKILL')
    await first.exited

    await using second = await DevChain.start({ home })
    expect(second.adopted).toBe(false)
    const chain = await Chain.connect({ rpcUrl: second.rpcUrl, deployment })
    const again = await chain.client.getTransactionReceipt({ hash })
    expect([again.blockHash, again.status]).toEqual([receipt.blockHash, 'success'])
    expect(await eventsOf(second, deployment)).toEqual(before)
    expect((await approveOnce(second, deployment)).receipt.status).toBe('success')
    const lagSeconds = Date.now() / 1000 - Number(await chain.now())
    expect(Math.abs(lagSeconds)).toBeLessThan(10)
  })

  test('behavior: a clean stop keeps all and leaves no process and no pid file', async () => {
    const first = await DevChain.start({ home })
    const deployment = await deployOn(first)
    const { hash } = await approveOnce(first, deployment)
    await first.stop()
    expect(isAlive(first.pid)).toBe(false)
    expect(existsSync(join(home, 'run/anvil.pid'))).toBe(false)
    await using second = await DevChain.start({ home })
    const chain = await Chain.connect({ rpcUrl: second.rpcUrl, deployment })
    expect((await chain.client.getTransactionReceipt({ hash })).status).toBe('success')
  })

  test('behavior: what a killed supervisor left running is adopted, or ended where it does not fit', async () => {
    const script = `
      import * as DevChain from ${JSON.stringify(join(import.meta.dirname, 'DevChain.ts'))}
      const node = await DevChain.start({ home: ${JSON.stringify(home)} })
      console.log(node.pid, node.port)
    `
    const path = join(home, 'supervisor.mts')
    await writeFile(path, script)
    const supervisor = spawn(process.execPath, ['--import', 'tsx', path], { stdio: ['ignore', 'pipe', 'inherit'] })
    const line = await new Promise<string>((done) => supervisor.stdout.once('data', (text) => done(String(text))))
    supervisor.kill('SIGKILL')
    const [pid, port] = line.split(' ').map(Number) as [number, number]

    const adopted = await DevChain.start({ home })
    expect(adopted).toMatchObject({ adopted: true, pid, port })
    const fresh = await DevChain.start({ home, blockTimeSeconds: 0.5 })
    expect(fresh.adopted).toBe(false)
    expect(isAlive(pid)).toBe(false)
    await adopted.exited
    await fresh.stop()
  })

  test('behavior: a pid file that speaks of another program is not believed', async () => {
    const first = await DevChain.start({ home })
    await first.stop()
    await writeFile(join(home, 'run/anvil.pid'), `${process.pid}\n`)
    await using node = await DevChain.start({ home })
    expect(node.adopted).toBe(false)
  })
})

describe('error: a development chain', () => {
  test('error: a damaged state file is named, not overwritten', async () => {
    const node = await DevChain.start({ home })
    await deployOn(node)
    await node.stop()
    const state = join(home, 'chain/state.json')
    await truncate(state, 1_000)
    await expect(DevChain.start({ home })).rejects.toMatchObject({
      code: 'broken_chain_state',
      details: { path: state },
    })
    expect((await readFile(state)).length).toBe(1_000)
  })

  test('error: a port in use', async () => {
    await using node = await DevChain.start({ home })
    const other = await mkdtemp(join(tmpdir(), 'dehug-devchain-'))
    await expect(DevChain.start({ home: other, port: node.port })).rejects.toMatchObject({ code: 'anvil_failed' })
    await rm(other, { recursive: true })
  })
})

describe('behavior: deployments', () => {
  test('behavior: the presets know USDC of Base and Base Sepolia by its EIP-712 name', () => {
    expect(Deployment.preset(8453)?.usdc).toMatchObject({ name: 'USD Coin', version: '2' })
    expect(Deployment.preset(84532)?.usdc).toMatchObject({ name: 'USDC', version: '2' })
    expect(Deployment.preset(1)).toBeUndefined()
  })

  test('behavior: a deployment is kept in a file and read again', async () => {
    const nothing = `0x${'00'.repeat(20)}` as const
    const contracts = Object.fromEntries(Deployment.contractNames.map((name) => [name, nothing]))
    const deployment = Deployment.parse({
      chainId: 31337,
      block: 1,
      contracts,
      usdc: { name: 'USD Coin', version: '2' },
    })
    const path = join(home, 'deep/network.json')
    Deployment.save(deployment, path)
    expect(Deployment.load(path)).toEqual(deployment)
  })

  test('error: a chain without a deployment says how to get one', async () => {
    expect(() => Deployment.load(84532)).toThrow("DeHug's contracts are not deployed on chain 84532.")
    expect(() => Deployment.load(1)).toThrow(Deployment.NotDeployed)
    await writeFile(join(home, 'broken.json'), '{')
    expect(() => Deployment.load(join(home, 'broken.json'))).toThrow('is not JSON')
    await writeFile(join(home, 'wrong.json'), '{"chainId":1,"block":0,"contracts":{}}')
    expect(() => Deployment.load(join(home, 'wrong.json'))).toThrow('not a valid deployment at contracts.ModelRegistry')
  })

  test('error: development keys stay on the development chain', () => {
    expect(() => DevKeys.get('alice', 8453)).toThrow('Development keys work on chain 31337 only; this is chain 8453.')
    expect(() => DevKeys.all(1)).toThrow(DevKeys.DevKeysOffLoopback)
    expect(() => DevKeys.assertNotDevKey(keyOf('deployer'), 8453)).toThrow(DevKeys.DevKeysOffLoopback)
    expect(DevKeys.get('node-1', 31337)).toMatchObject({ role: 'provider', for: 'development only' })
  })
})
