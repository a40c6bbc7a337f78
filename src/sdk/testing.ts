import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../catalog/index.ts'
import { DevChain, DevKeys, deploy } from '../chain/index.ts'
import { start as startHub } from '../hub/index.ts'
import * as Client from './Client.ts'
import * as PortableSigner from './PortableSigner.ts'

/** A real chain, database and hub, for tests; `alice` and `bob` have accounts with a write token. */
export async function startHubNetwork() {
  const dir = await mkdtemp(join(tmpdir(), 'dehug-sdk-'))
  const chain = await DevChain.start({ home: dir, blockTimeSeconds: 0.1 })
  const postgres = await startPostgres({ dir: join(dir, 'pg'), port: 0, settings: { fsync: 'off' } })
  const deployer = DevKeys.get('deployer', DevKeys.devChainId)
  const deployment = await deploy({ rpcUrl: chain.rpcUrl, deployerKey: deployer.privateKey })
  const people = (['alice', 'bob'] as const).map((name) => ({
    ...DevKeys.get(name, DevKeys.devChainId),
    token: `hf_${name}_token`,
  }))
  const paths = { deployment: join(dir, 'deployment.json'), seed: join(dir, 'seed.json') }
  await writeFile(paths.deployment, JSON.stringify(deployment))
  const users = people.map(({ name, address, token }) => ({ name, address, tokens: [token] }))
  await writeFile(paths.seed, JSON.stringify({ users }))
  const port = await freePort()
  const hub = await startHub({
    host: '127.0.0.1',
    port,
    databaseUrl: postgres.url,
    storeDir: join(dir, 'store'),
    publicUrl: `http://127.0.0.1:${port}`,
    gatewayUrl: undefined,
    chain: {
      rpcUrl: chain.rpcUrl,
      deployment: paths.deployment,
      relayerKey: DevKeys.get('relayer', DevKeys.devChainId).privateKey,
    },
    seedFile: paths.seed,
  })
  const client = (name: 'alice' | 'bob', options: { fetch?: typeof fetch } = {}) => {
    const { token, privateKey } = people.find((person) => person.name === name) as (typeof people)[number]
    return Client.from({
      endpoint: hub.url,
      token,
      signer: PortableSigner.from(privateKey),
      cacheDir: join(dir, 'cache', name),
      ...options,
    })
  }
  const stop = async () => {
    await hub[Symbol.asyncDispose]()
    await postgres.stop()
    await chain.stop()
    await rm(dir, { recursive: true, force: true })
  }
  return { dir, url: hub.url, rpcUrl: chain.rpcUrl, deployment, client, stop }
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  return new Promise((done) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => done(port))
    })
  })
}
