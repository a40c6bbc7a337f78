import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anvilPath } from './DevChain.ts'
import { completeDeployment, Deployment, DevChain, deploy } from './index.ts'
import { rpc } from './rpc.ts'
import { keyOf, word } from './testing.ts'

const script = join(import.meta.dirname, '../../scripts/deploy.ts')
const own = word(0xc0ffee)
const ownAddress = '0xf5a5e415061470a8b9137959180901aea72450a4'

/** Another chain (4242) that holds genuine USDC, as a stand-in for a public one. */
let home: string
let rpcUrl: string
let usdc: Deployment.Deployment['contracts']['USDC']
let node: ReturnType<typeof spawn>
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'dehug-deploy-'))
  const dev = await DevChain.start({ home })
  const deployment = await deploy({ rpcUrl: dev.rpcUrl, deployerKey: keyOf('deployer') })
  usdc = deployment.contracts.USDC
  await dev.stop()
  const state = join(home, 'chain/state.json')
  node = spawn(anvilPath(), ['--port', '0', '--chain-id', '4242', '--load-state', state, '--block-time', '1'])
  rpcUrl = await new Promise((done) => {
    node.stdout?.on('data', (line) => {
      const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(String(line))?.[1]
      if (port) done(`http://127.0.0.1:${port}`)
    })
  })
  await rpc(rpcUrl, 'anvil_setBalance', [ownAddress, '0x8ac7230489e80000'])
})
afterAll(async () => {
  node.kill('SIGKILL')
  await rm(home, { recursive: true, force: true })
})

async function run(args: string[], key?: string) {
  const env = { ...process.env, ...(key ? { DEPLOYER_KEY: key } : {}) }
  const child = spawn(process.execPath, ['--import', 'tsx', script, '--rpc-url', rpcUrl, ...args], { env })
  const [out, err, exitCode] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((done) => child.once('exit', done)),
  ])
  return { out, err, exitCode }
}

describe('behavior: the deploy command', () => {
  test('behavior: deploys to any chain with USDC, checks it, writes the file, and checks again later', async () => {
    const out = join(home, '4242.json')
    const deployed = await run(['--usdc', usdc, '--usdc-name', 'USD Coin', '--out', out], own)
    expect(deployed.err).toContain('checked chain 4242: contracts name each other, USDC signs as "USD Coin"')
    expect(deployed.exitCode).toBe(0)
    const written = Deployment.load(out)
    expect(written).toMatchObject({ chainId: 4242, contracts: { USDC: usdc } })
    expect(JSON.parse(deployed.out)).toEqual(written)
    expect(await readFile(out, 'utf8')).not.toContain(own.slice(2))

    expect((await run(['--check', '--out', out])).exitCode).toBe(0)
    const again = await run(['--usdc', usdc, '--out', out], own)
    expect(again.err).toContain('DeHug is deployed on chain 4242 already.')
    expect(again.exitCode).toBe(2)
  })

  test('behavior: a deployment of an earlier version gets the contracts it lacks, and keeps the others', async () => {
    const out = join(home, '4242.json')
    const now = Deployment.load(out)
    const { EngagementOracle, Badges: _, ...contracts } = now.contracts
    const earlier = Deployment.parse({ ...now, contracts })
    Deployment.save(earlier, out)
    expect((await run(['--check', '--out', out])).exitCode).toBe(0)
    const completed = await run(['--complete', '--out', out], own)
    expect([completed.exitCode, completed.err]).toEqual([0, expect.stringContaining('deployed Badges')])
    const { contracts: after } = Deployment.load(out)
    expect(after).toMatchObject(contracts)
    expect(after.EngagementOracle).not.toBe(EngagementOracle)
    expect(after.Badges).toMatch(/^0x[0-9a-f]{40}$/)
    const complete = Deployment.load(out)
    expect(await completeDeployment(complete, { rpcUrl, deployerKey: own })).toBe(complete)
  })

  test('error: development keys, a missing key, a token nobody named, and one with another domain', async () => {
    const dev = await run(['--usdc', usdc], keyOf('deployer'))
    expect([dev.exitCode, dev.err]).toEqual([5, expect.stringContaining('this is chain 4242')])
    expect((await run(['--usdc', usdc])).err).toContain('DEPLOYER_KEY holds no private key.')
    await expect(deploy({ rpcUrl, deployerKey: own })).rejects.toThrow('No USDC is known on chain 4242.')
    const wrong = await run(['--usdc', usdc, '--usdc-name', 'USDC'], own)
    expect([wrong.exitCode, wrong.err]).toEqual([3, expect.stringContaining('EIP-712 domain "USDC" version 2')])
  })
})
