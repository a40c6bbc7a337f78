import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DevKeys } from '../src/chain/index.ts'
import type { Account } from '../src/cli/up/Facts.ts'
import { clientOf, fund, publish } from '../src/cli/up/first-boot.ts'
import { fixtures } from '../src/cli/up/fixtures.ts'
import * as Network from '../src/cli/up/Network.ts'
import * as Report from '../src/cli/up/Report.ts'
import { RepoId } from '../src/core/index.ts'
import type { Client } from '../src/sdk/index.ts'

export type NetworkOptions = {
  /** Folders of `fixtures/` to publish as `dehug/<name>`; `['dehug-tiny-chat']` by default. */
  models?: string[]
  /** 0 to 2; one by default. All serve all models. */
  workers?: number
  /** Run the web app too. */
  web?: boolean
  /** 0.2 by default. */
  blockTimeSeconds?: number
  /** Keep the data here instead of in a folder that is deleted at the end; a second start finds it again. */
  home?: string
  /** Show what is going on on stderr. */
  verbose?: boolean
}

export type Role = 'chain' | 'database' | 'indexer' | 'origin' | 'worker-1' | 'worker-2'

/** A whole network on free ports of the loopback, made by the code of `dehug up`. */
export type TestNetwork = AsyncDisposable & {
  hub: string
  gateway: string
  /** Origin of the web app; empty without one. */
  web: string
  graphql: string
  rpcUrl: string
  databaseUrl: string
  home: string
  deployment: Network.Network['facts'] extends () => infer F ? (F extends { deployment: infer D } ? D : never) : never
  /** Funded development accounts with a hub token and an inference key each. */
  accounts: Account[]
  account(name: string): Account
  /** The SDK as a development account: `dehug` (creator of the fixtures), `alice`, `bob`, `carol`, or a key without a hub account. */
  client(name: DevKeys.DevName): Client.Client
  /** Ends a role's process; it is started again by itself. Resolves when the process is gone. */
  kill(role: Role, signal?: NodeJS.Signals): Promise<void>
  /** Resolves when a role is up (again). */
  ready(role: Role): Promise<void>
  /** Resolves when a worker offers the model (`dehug/…`) through the gateway. */
  served(model: string): Promise<void>
  stop(): Promise<void>
}

/** Boots chain, contracts, database, indexer, hub and gateway, and workers that serve the published fixtures. */
export async function startNetwork(options: NetworkOptions = {}): Promise<TestNetwork> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'dehug-network-')))
  const wanted = await fixtures(options.models ?? ['dehug-tiny-chat'])
  const models = wanted.filter(({ repo }) => repo.type === 'model').map(({ repo }) => RepoId.format(repo))
  const report = options.verbose ? toStderr : Report.silent
  const network = await Network.start({
    homeDir: home,
    port: 0,
    chainPort: 0,
    ...(options.web ? { webPort: 0 } : {}),
    blockTimeSeconds: options.blockTimeSeconds ?? 0.2,
    workers: options.workers ?? 1,
    models,
    report,
  })
  const stop = async () => {
    await network.stop()
    if (options.home === undefined) await rm(home, { recursive: true, force: true })
  }
  try {
    const everybody = network.facts().accounts.map((account) => account.name)
    await Promise.all([publish(network, wanted, report), fund(network, everybody)])
    const running = describe(network, home, stop)
    if ((options.workers ?? 1) > 0) await Promise.all(models.map(running.served))
    return running
  } catch (error) {
    await stop()
    throw error
  }
}

function describe(network: Network.Network, home: string, stop: () => Promise<void>): TestNetwork {
  const { origin, web, rpcUrl, databaseUrl, deployment, accounts } = network.facts()
  return {
    hub: origin,
    gateway: origin,
    web: web ?? '',
    graphql: `${origin}/graphql`,
    rpcUrl,
    databaseUrl,
    home,
    deployment,
    accounts,
    account: (name) => {
      const found = accounts.find((account) => account.name === name)
      if (!found) throw new Error(`No account is called ${name}.`)
      return found
    },
    client: (name) => clientOf(network, name),
    kill: (role, signal = 'SIGKILL') => network.supervisor.kill(role, signal),
    ready: (role) => network.supervisor.ready(role),
    served: (model) => served(clientOf(network, 'alice'), model),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

const servedTimeoutMs = 60_000

async function served(client: Client.Client, model: string): Promise<void> {
  const deadline = Date.now() + servedTimeoutMs
  for (;;) {
    const answer = await fetch(`${client.connection.endpoint}/v1/models/${model}`)
    if (answer.ok) return
    if (Date.now() > deadline) throw new Error(`${model} is not served: ${answer.status} ${await answer.text()}`)
    await new Promise((done) => setTimeout(done, 200))
  }
}

const toStderr: Report.Report = {
  step: async (name, work, proof) => {
    const startedAt = performance.now()
    const result = await work()
    process.stderr.write(`${Report.line(name, performance.now() - startedAt, proof(result))}\n`)
    return result
  },
  done: (name, ms, proof) => void process.stderr.write(`${Report.line(name, ms, proof)}\n`),
  say: (line) => void process.stderr.write(`${line}\n`),
}
