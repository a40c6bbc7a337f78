import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startNetwork, type TestNetwork } from './network.ts'
import { python } from './python.ts'

const root = resolve(import.meta.dirname, '..')
const pages = [
  'README.md',
  'docs/creator.md',
  'docs/builder.md',
  'docs/huggingface.md',
  'docs/provider.md',
  'docs/api.md',
  'docs/auditor.md',
  'docs/operator.md',
]

/** Fenced blocks of one language, joined in their order. */
const blocks = (page: string, language: string): string =>
  [...readFileSync(join(root, page), 'utf8').matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))]
    .map(([, text]) => text)
    .join('\n')

let network: TestNetwork
let folder: string

beforeAll(async () => {
  network = await startNetwork({ models: ['dehug-tiny-chat', 'dehug-embed', 'dehug-langid', 'demo-dataset'] })
  folder = mkdtempSync(join(tmpdir(), 'dehug-docs-'))
  for (const name of ['bin', 'src', 'node_modules', 'package.json', 'fixtures'])
    symlinkSync(join(root, name), join(folder, name))
}, 240_000)

afterAll(async () => {
  await network?.stop()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

const run = async (command: string, args: string[], script: string, env: Record<string, string> = {}) => {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, HOME: folder, DEHUG_HOME: join(folder, '.dehug'), DEHUG_ENDPOINT: network.hub, ...env },
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  child.stdin.end(script.replaceAll('http://127.0.0.1:4800', network.hub))
  const status = await new Promise((done) => child.once('close', done))
  if (status !== 0) throw new Error(`The commands ended with ${status}:\n${output}`)
  return output
}

test.each(pages)(
  'behavior: the shell commands of %s work',
  async (page) => {
    const script = blocks(page, 'sh')
    expect(script).not.toBe('')
    const prelude = `set -euo pipefail\nshopt -s expand_aliases\nalias dehug="node ${root}/bin/dehug.mjs"\n`
    await run('bash', ['-s'], prelude + script)
  },
  240_000,
)

test('behavior: the Python of docs/builder.md works', async () => {
  const interpreter = await python(['openai', 'huggingface_hub'])
  const DEHUG_API_KEY = network.account('alice').apiKey ?? ''
  const output = await run(interpreter, ['-'], blocks('docs/builder.md', 'python'), { DEHUG_API_KEY })
  expect(output).toContain('DeHug is a decentralized hub')
}, 300_000)
