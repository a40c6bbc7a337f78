import { resolve } from 'node:path'
import { RepoId } from '../../core/index.ts'
import { type Io, note } from '../Io.ts'
import type { Network } from '../up/Network.ts'
import * as Report from '../up/Report.ts'

export type UpOptions = {
  home?: string | undefined
  port: number
  webPort: number
  chainPort: number
  seed?: string | undefined
  /** `ns/name` or a folder; `none` for words only. */
  searchModel?: string | undefined
  web: boolean
  demo: boolean
}

/** What `dehug up --json` prints when everything is ready. */
export type UpResult = {
  hub: string
  gateway: string
  /** Null with `--no-web`. */
  web: string | null
  chain: string
  graphql: string
  contracts: Record<string, string>
  accounts: { name: string; role: string; address: string; token: string; apiKey: string | null }[]
}

/** Runs a whole network until Ctrl-C or SIGTERM; the first time it publishes the fixtures and tells the story. */
export async function up(options: UpOptions, io: Io): Promise<undefined> {
  const startedAt = io.now()
  const report = Report.toScreen(io)
  const homeDir = resolve(options.home ?? io.config.home)
  report.say(`DeHug starts in ${homeDir}`)
  const { start } = await import('../up/Network.ts')
  const network = await start({
    homeDir,
    port: options.port,
    chainPort: options.chainPort,
    webPort: options.web ? options.webPort : undefined,
    seedFile: options.seed,
    databaseUrl: io.config.databaseUrl,
    ...(options.demo ? { models: await fixtureModels() } : {}),
    searchModel: searchModelOf(options),
    report,
    signal: io.signal,
  })
  try {
    await furnish(network, options, report, io.signal)
    if (!io.signal.aborted) {
      if (io.json) io.stdout(`${JSON.stringify(resultOf(network))}\n`)
      else io.stdout(`${describe(network, io.now() - startedAt)}\n`)
      await untilAborted(io.signal)
    }
  } finally {
    note(io, 'Stopping …')
    await network.stop()
    note(io, 'Stopped. Everything is kept.')
  }
}

const searchModelOf = ({ searchModel, demo }: UpOptions): string | null | undefined =>
  searchModel === 'none' ? null : (searchModel ?? (demo ? 'dehug/dehug-embed' : undefined))

async function fixtureModels(): Promise<string[]> {
  const { fixtures } = await import('../up/fixtures.ts')
  return (await fixtures()).filter(({ repo }) => repo.type === 'model').map(({ repo }) => RepoId.format(repo))
}

async function furnish(
  network: Network,
  options: UpOptions,
  report: Report.Report,
  signal: AbortSignal,
): Promise<void> {
  const { toldStory, accounts } = network.facts()
  if (toldStory || !options.demo) {
    if (accounts.every((account) => account.apiKey !== null)) return
    const { fund } = await import('../up/first-boot.ts')
    await fund(
      network,
      accounts.map((account) => account.name),
    )
    return
  }
  const { tellStory } = await import('../up/story.ts')
  await tellStory(network, report, signal)
}

/** The facts a program needs. */
export function resultOf(network: Network): UpResult {
  const { origin, web, rpcUrl, deployment, accounts } = network.facts()
  return {
    hub: origin,
    gateway: origin,
    web,
    chain: rpcUrl,
    graphql: `${origin}/graphql`,
    contracts: deployment.contracts,
    accounts,
  }
}

/** What a person needs: addresses, and a block to copy. */
function describe(network: Network, ms: number): string {
  const { origin, web, rpcUrl, accounts } = network.facts()
  const alice = accounts.find((account) => account.name === 'alice')
  return [
    '',
    `DeHug is ready after ${(ms / 1000).toFixed(1)} s. Ctrl-C stops it; everything is kept in ${network.home.dir}.`,
    '',
    ...(web ? [`  web           ${web}`] : []),
    `  hub, gateway  ${origin}`,
    `  GraphQL       ${origin}/graphql`,
    `  chain         ${rpcUrl} (id ${network.facts().chainId}, development only)`,
    '',
    'Copy and paste:',
    '',
    `  export HF_ENDPOINT=${origin} HF_TOKEN=${alice?.token}`,
    `  export OPENAI_BASE_URL=${origin}/v1 OPENAI_API_KEY=${alice?.apiKey}`,
    `  curl $OPENAI_BASE_URL/chat/completions -H "authorization: Bearer $OPENAI_API_KEY" -H 'content-type: application/json' \\`,
    `    -d '{"model":"dehug/dehug-tiny-chat","messages":[{"role":"user","content":"What is DeHug?"}]}'`,
    '',
  ].join('\n')
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }))
