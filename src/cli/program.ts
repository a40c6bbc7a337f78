import { Command, InvalidArgumentError, Option } from 'commander'
import type { Io } from './Io.ts'

/** Runs one verb's function with the screen it may write to. */
export type Run = (work: (io: Io) => Promise<unknown>, options: { json?: boolean }) => Promise<void>

/** The whole command line. Each verb loads its code when it is called, so that `dehug --help` loads none. */
export function program(run: Run): Command {
  const root = new Command('dehug')
    .description('A hub for AI models and datasets whose bytes, owner, price, usage and payout anyone can check.')
    .version('0.1.0')
    .showHelpAfterError('Run dehug --help to see all verbs.')
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
  accountVerbs(root, run)
  publishVerbs(root, run)
  inferenceVerbs(root, run)
  moneyVerbs(root, run)
  networkVerbs(root, run)
  return root
}

const verb = (root: Command, usage: string, description: string): Command =>
  root.command(usage).description(description).option('--json', 'print one line of JSON')

const online = (root: Command, usage: string, description: string): Command =>
  verb(root, usage, description)
    .option('--endpoint <url>', 'origin of the hub (DEHUG_ENDPOINT)')
    .option('--token <token>', 'hub token (DEHUG_TOKEN)')

const repoType = () => new Option('--type <type>', 'what it is').choices(['model', 'dataset', 'space'])

function accountVerbs(root: Command, run: Run): void {
  online(root, 'login', 'sign in with your key (one is made if you have none)')
    .option('--username <name>', 'account name, at the first login')
    .option('--dev <name>', 'use a development account of a local network')
    .option('--device', 'on a machine without browser and key: show a code and wait until it is approved elsewhere')
    .option('--approve <code>', 'let the device in that shows this code, by your key or token')
    .option('--deny <code>', 'refuse the device that shows this code')
    .option('--delegate', 'sign that the hub may anchor commits that arrive by git, huggingface_hub or a pull request')
    .option('--undelegate', 'take that back, at once')
    .option('--repo <name>', 'only for this repository (repeatable)', collect)
    .option('--days <n>', 'for so many days (default 90)', integer)
    .action((options) => run(async (io) => (await import('./commands/login.ts')).login(options, io), options))
  online(root, 'whoami', 'show whose token this is').action((options) =>
    run(async (io) => (await import('./commands/whoami.ts')).whoami(options, io), options),
  )
  online(root, 'logout', 'end the stored token; the key stays').action((options) =>
    run(async (io) => (await import('./commands/logout.ts')).logout(options, io), options),
  )
  tokenVerbs(root.command('token').description('make, show, renew and end tokens'), run)
}

function tokenVerbs(token: Command, run: Run): void {
  online(token, 'create <name>', 'make a token, with all rights or only some')
    .option('--read', 'for reading only')
    .option('--allow <rights>', 'only lab=repo.content.read or model:lab/x=repo.write,… (repeatable)', collect)
    .option('--gated', 'with --allow: also gated repositories')
    .option('--spend-cap <usdc>', 'the most it may ever spend')
    .option('--expires <span>', '12h, 30d, 2w (default never)')
    .action((name, options) =>
      run(async (io) => (await import('./commands/token.ts')).create(name, options, io), options),
    )
  online(token, 'list', 'show the tokens of the account').action((options) =>
    run(async (io) => (await import('./commands/token.ts')).list(options, io), options),
  )
  online(token, 'revoke <id>', 'end a token at once').action((id, options) =>
    run(async (io) => (await import('./commands/token.ts')).revoke(id, options, io), options),
  )
  online(token, 'rotate <id>', 'give a token a new text; the old one ends').action((id, options) =>
    run(async (io) => (await import('./commands/token.ts')).rotate(id, options, io), options),
  )
}

function publishVerbs(root: Command, run: Run): void {
  online(root, 'push <folder> <name>', 'publish a folder as a version of a repository')
    .addOption(repoType())
    .option('-m, --message <text>', 'what changed')
    .option('--license <id>', 'SPDX id, instead of the one in README.md')
    .option('--allow-pickle', 'publish files that run code when loaded, marked as such')
    .option('--allow-license-conflict', "publish although a base model's license says no")
    .option('--exclude <glob>', 'leave these out (repeatable)', collect)
    .option('--creator-bps <n>', "the model's part of each fee in 1/10000, at the first push", integer)
    .action((folder, name, options) =>
      run(async (io) => (await import('./commands/push.ts')).push(folder, name, options, io), options),
    )
  online(root, 'anchor <name>', "sign and anchor what the hub's main branch holds")
    .addOption(repoType())
    .option('--commit <oid>', 'only if the branch is at this commit')
    .option('--license <id>', 'SPDX id, instead of the one in README.md')
    .option('--allow-pickle', 'publish files that run code when loaded, marked as such')
    .option('--allow-license-conflict', "publish although a base model's license says no")
    .option('--creator-bps <n>', "the model's part of each fee in 1/10000, at the first version", integer)
    .action((name, options) =>
      run(async (io) => (await import('./commands/anchor.ts')).anchor(name, options, io), options),
    )
  online(root, 'pull <name>', 'fetch name[@root|@tag|@commit], verifying while it streams')
    .addOption(repoType())
    .option('--to <folder>', 'where to put it (default: ./name)')
    .option('--source <url>', 'another IPFS gateway to race with (repeatable)', collect)
    .option('--allow-pickle', 'take files that run code when loaded')
    .action((name, options) => run(async (io) => (await import('./commands/pull.ts')).pull(name, options, io), options))
  online(root, 'verify <folder>', 'compare a folder with what was published, and that with the chain')
    .addOption(repoType())
    .option('--version <name>', 'name[@root|@tag|@commit] (default: what the folder says it holds)')
    .option('--offline', 'ask no server and no chain')
    .action((folder, options) =>
      run(async (io) => (await import('./commands/verify.ts')).verify(folder, options, io), options),
    )
  carryVerbs(root, run)
}

function carryVerbs(root: Command, run: Run): void {
  online(root, 'import <what>', 'take over hf:org/name[@rev] from another hub, or unpack and check a bundle (.car)')
    .addOption(repoType())
    .option('--from <url>', 'the hub that has hf:org/name')
    .option('--source-token <token>', 'token for what is private or gated there (DEHUG_SOURCE_TOKEN)')
    .option('--as <name>', 'what it is called here (hf: the same name; bundle: it is published too)')
    .option('--to <folder>', 'where a bundle goes (default: ./name)')
    .option('--license <id>', 'SPDX id, where the source does not say one')
    .option('--allow-pickle', 'take files that run code when loaded, marked as such')
    .option('--exclude <glob>', 'leave these out (repeatable)', collect)
    .option('--no-anchor', 'take the files only; sign and anchor nothing')
    .action((what, options) =>
      run(async (io) => (await import('./commands/import.ts')).importFrom(what, options, io), options),
    )
  online(
    root,
    'export <name>',
    'write name[@root|@tag|@commit] with its proof into one file for places without a network',
  )
    .addOption(repoType())
    .requiredOption('--to <file>', 'the bundle to write (.car)')
    .option('--source <url>', 'another IPFS gateway to race with (repeatable)', collect)
    .action((name, options) =>
      run(async (io) => (await import('./commands/export.ts')).exportTo(name, options, io), options),
    )
}

function inferenceVerbs(root: Command, run: Run): void {
  const paid = (usage: string, description: string) =>
    online(root, usage, description).option('--api-key <key>', 'inference key (DEHUG_API_KEY)')
  online(root, 'price <model>', 'show what providers ask for a model').action((model, options) =>
    run(async (io) => (await import('./commands/quote.ts')).price(model, options, io), options),
  )
  online(root, 'quote <model> [prompt]', 'show the most that one request can cost')
    .option('--max-tokens <n>', 'longest answer', integer)
    .action((model, prompt, options) =>
      run(async (io) => (await import('./commands/quote.ts')).quote(model, prompt, options, io), options),
    )
  sampled(paid('run <model> <prompt>', 'ask a model once and check the receipt')).action((model, prompt, options) =>
    run(async (io) => (await import('./commands/run.ts')).run(model, prompt, options, io), options),
  )
  sampled(paid('chat <model>', 'talk with a model, line by line')).action((model, options) =>
    run(async (io) => (await import('./commands/run.ts')).chat(model, options, io), options),
  )
  online(root, 'serve <folder-or-name>', 'answer the OpenAI API on this machine, without payments')
    .option('--port <n>', 'port (0: any free one)', integer, 8000)
    .action((source, options) =>
      run(async (io) => (await import('./commands/serve.ts')).serve(source, options, io), options),
    )
  paid('receipts [job]', 'list and check the receipts of your key')
    .option('--since <ms>', 'Unix time in ms', integer)
    .option('--limit <n>', 'at most so many', integer)
    .action((job, options) =>
      run(async (io) => (await import('./commands/receipts.ts')).receipts(job, options, io), options),
    )
}

const sampled = (command: Command) =>
  command
    .option('--max-tokens <n>', 'longest answer', integer)
    .option('--temperature <t>', '0 is greedy', Number)
    .option('--seed <n>', 'for the same dice again', integer)
    .option('--system <text>', 'system message')

function moneyVerbs(root: Command, run: Run): void {
  const channel = root.command('channel').description('fund inference keys, see their balance, free what is locked')
  online(channel, 'fund <usdc>', 'deposit USDC and make an inference key, by one signature')
    .option('--cap <usdc>', 'the most the key may spend (default: the amount)')
    .option('--expires <span>', '12h, 30d, 2w (default 30d)')
    .option('--model <name>', 'the only models it may pay for (repeatable)', collect)
    .option('--no-save', 'keep the key out of the key file')
    .action((amount, options) =>
      run(async (io) => (await import('./commands/channel.ts')).fund(amount, options, io), options),
    )
  online(channel, 'balance', 'show balance, limit and channels of your key')
    .option('--api-key <key>', 'inference key (DEHUG_API_KEY)')
    .action((options) => run(async (io) => (await import('./commands/channel.ts')).balance(options, io), options))
  online(channel, 'release [channel]', 'settle idle channels and free what is left in them')
    .option('--api-key <key>', 'inference key (DEHUG_API_KEY)')
    .action((id, options) =>
      run(async (io) => (await import('./commands/channel.ts')).release(id, options, io), options),
    )
  online(root, 'withdraw <usdc>', 'take free balance out to your wallet')
    .option('--to <address>', 'another wallet')
    .action((amount, options) =>
      run(async (io) => (await import('./commands/withdraw.ts')).withdraw(amount, options, io), options),
    )
  online(root, 'earnings', 'show what you earned as creator, holder and provider')
    .option('--address <address>', 'of another account')
    .action((options) => run(async (io) => (await import('./commands/earnings.ts')).earnings(options, io), options))
  online(root, 'claim', 'take your earnings out to your wallet')
    .option('--to <address>', 'another wallet')
    .action((options) => run(async (io) => (await import('./commands/earnings.ts')).claim(options, io), options))
  online(root, 'audit', 'recompute all revenue from the chain and the batches alone')
    .option('--since <time>', 'read only batches claimed since then (date, or Unix seconds)')
    .option('--to-block <n>', 'last block of the dataset; the newest by default', integer)
    .option('--out <file>', 'dataset file to write (the same bytes for the same --to-block)')
    .option('--source <url>', 'another IPFS gateway (repeatable)', collect)
    .action((options) => run(async (io) => (await import('./commands/audit.ts')).audit(options, io), options))
  online(root, 'audit-signals', 'recompute the scores of a day from its receipts and the chain')
    .argument('[day]', 'a date, or UTC days since 1970; yesterday by default')
    .action((day, options) =>
      run(async (io) => (await import('./commands/audit-signals.ts')).auditSignals(day, options, io), options),
    )
}

function networkVerbs(root: Command, run: Run): void {
  verb(root, 'doctor', 'say what this machine lacks and what that costs')
    .option('--home <dir>', 'folder of the network')
    .action((options) => run(async (io) => (await import('./commands/doctor.ts')).doctor(options, io), options))
  verb(root, 'up', 'run a whole network on this machine')
    .option('--home <dir>', 'folder of its data (DEHUG_HOME)')
    .option('--port <n>', 'port of hub and gateway (0: any free one)', integer, 4800)
    .option('--web-port <n>', 'port of the web app', integer, 3000)
    .option('--chain-port <n>', 'port of the development chain', integer, 8545)
    .option('--seed <file>', 'users and organisations to create')
    .option('--search-model <model>', 'embedding model for search by meaning: published here, a folder, or none')
    .option('--no-web', 'without the web app')
    .option('--no-demo', 'without fixture models and the story')
    .action((options) => run(async (io) => (await import('./commands/up.ts')).up(options, io), options))
  for (const role of ['hub', 'gateway', 'worker', 'indexer', 'origin'] as const) {
    const hidden = role === 'origin'
    root
      .command(role, { hidden })
      .description(hidden ? 'hub and gateway behind one port' : `run one ${role}, configured by the environment`)
      .option('--json', 'print one line of JSON when it is ready')
      .option('--home <dir>', 'folder of a network that `dehug up` made')
      .option('--name <name>', 'which of several', role)
      .option('--port <n>', 'port (0: any free one)', integer)
      .action((options) => run(async (io) => (await import('./commands/role.ts'))[role](options, io), options))
  }
}

const collect = (value: string, all: string[] = []): string[] => [...all, value]

function integer(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('expected a whole number.')
  return Number(text)
}
