import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { write } from '../ops/subgraph/subgraph.ts'
import type { Deployment } from '../src/chain/index.ts'

const source = join(import.meta.dirname, '../ops/subgraph')
const run = promisify(execFile)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dehug-subgraph-'))
  for (const name of ['package.json', 'package-lock.json', 'stand-ins', 'src', 'schema.graphql'])
    await cp(join(source, name), join(folder, name), { recursive: true })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

type Built = { dataSources: { name: string; mapping: { file: string; eventHandlers: { handler: string }[] } }[] }

/** Loaded into the tool: whatever it connects to, it is told that there is no network, and the attempt is written down. */
const offline = `
const { Socket } = require('node:net')
Socket.prototype.connect = function (...to) {
  require('node:fs').appendFileSync(__dirname + '/connections', JSON.stringify(to[0]) + '\\n')
  setImmediate(() => this.destroy(new Error('There is no network.')))
  return this
}
`

test('behavior: the subgraph is built by the tools of its lock, which ask nobody for anything', async () => {
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, timeout: 400_000 })
  const names = [
    'ModelRegistry',
    'ModelNFT',
    'RevenueLedger',
    'ProviderRegistry',
    'UsageController',
    'EngagementOracle',
    'Badges',
  ]
  const contracts = Object.fromEntries(names.map((name, i) => [name, `0x${`1${i}`.repeat(20)}`]))
  write({ chainId: 84532, block: 7, contracts } as unknown as Deployment.Deployment, folder)
  await writeFile(join(folder, 'offline.cjs'), offline)
  const env = {
    ...{ PATH: process.env.PATH, HOME: folder, GRAPH_SKIP_NEW_VERSION_CHECK: 'true' },
    NODE_OPTIONS: `--require=${join(folder, 'offline.cjs')}`,
  }
  for (const verb of ['codegen', 'build'])
    await run(join(folder, 'node_modules/.bin/graph'), [verb], { cwd: folder, env, timeout: 400_000 })
  const { dataSources } = parse(await readFile(join(folder, 'build/subgraph.yaml'), 'utf8')) as Built
  expect(dataSources.map(({ name }) => name)).toEqual(names)
  for (const { mapping } of dataSources) {
    const module = await WebAssembly.compile(await readFile(join(folder, 'build', mapping.file)))
    const handlers = mapping.eventHandlers.map(({ handler }) => handler)
    expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toEqual(expect.arrayContaining(handlers))
  }
  await expect(readFile(join(folder, 'connections'), 'utf8')).rejects.toThrow('ENOENT')
}, 900_000)
