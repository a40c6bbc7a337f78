import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DevChain, deploy } from '../src/chain/index.ts'
import { keyOf } from '../src/chain/testing.ts'
import { startNetwork, type TestNetwork } from './network.ts'
import { isHeavy, python, runPython } from './python.ts'

const project = resolve(import.meta.dirname, '../python')

let interpreter: string
let folder: string
let network: TestNetwork

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dehug-python-'))
  const [ready, running] = await Promise.all([
    python(['huggingface_hub', 'pycryptodome', 'pytest', 'hypothesis', 'mypy', 'numpy']),
    startNetwork({ models: ['dehug-tiny-chat', 'dehug-langid', 'demo-dataset'] }),
  ])
  interpreter = ready
  network = running
}, 300_000)

afterAll(async () => {
  await network?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

type Outcome = { passed: number; failed: string[]; skipped: number }

/** Runs one file of the package's own tests. */
const pytest = async (file: string, env: Record<string, string> = {}): Promise<Outcome> => {
  const report = join(folder, `${file}.xml`)
  const ran = await runPython(interpreter, ['-m', 'pytest', `tests/${file}`, `--junitxml=${report}`], {
    cwd: project,
    env: {
      HOME: folder,
      PYTHONPATH: join(project, 'src'),
      PYTHONDONTWRITEBYTECODE: '1',
      HF_HUB_DISABLE_PROGRESS_BARS: '1',
      DEHUG_HOME: join(folder, 'home'),
      HYPOTHESIS_STORAGE_DIRECTORY: join(folder, 'hypothesis'),
      ...env,
    },
  })
  const xml = await readFile(report, 'utf8').catch(() => '')
  const [suite] = xml.match(/<testsuite [^>]*>/) ?? []
  if (suite === undefined) throw new Error(`pytest made no report:\n${ran.stdout}\n${ran.stderr}`)
  const count = (name: string): number => Number(suite.match(new RegExp(` ${name}="(\\d+)"`))?.[1] ?? 0)
  const broken = [...xml.matchAll(/<testcase [^>]*name="([^"]+)"[^>]*><(?:failure|error) message="([^"]*)"/g)]
  const skipped = count('skipped')
  return {
    passed: count('tests') - count('failures') - count('errors') - skipped,
    failed: broken.map(([, name, message]) => `${name}: ${message}`),
    skipped,
  }
}

describe('the Python package', () => {
  test('behavior: the same vectors as the TypeScript and Solidity tests', async () => {
    const outcome = await pytest('test_vectors.py')
    expect(outcome).toMatchObject({ failed: [], skipped: 0 })
    expect(outcome.passed).toBeGreaterThan(50)
  })

  test('behavior: CIDs, nodes, Merkle proofs and garbage, by property', async () => {
    expect(await pytest('test_digest.py')).toMatchObject({ failed: [], skipped: 0 })
  })

  test('behavior: wrong bytes, cut connections, mirrors and full disks', async () => {
    expect(await pytest('test_fetch.py')).toMatchObject({ failed: [], skipped: 0 })
  })

  test('behavior: importing it points the Hub client here and breaks nobody', async () => {
    expect(await pytest('test_settings.py')).toMatchObject({ failed: [], skipped: 0 })
  })

  test('behavior: dehug login by token and by a code that somebody approves in a browser or refuses', async () => {
    const { token, name } = network.account('carol')
    const env = { DEHUG_TEST_NETWORK: JSON.stringify({ hub: network.hub, token, user: name }) }
    expect(await pytest('test_login.py', env)).toMatchObject({ failed: [], skipped: 0 })
  }, 180_000)

  test('behavior: pulls are checked against the chain, damage is repaired, answers have receipts', async () => {
    const { token, name } = network.account('carol')
    const facts = { hub: network.hub, token, user: name, apiKey: network.account('alice').apiKey }
    const env = { DEHUG_TEST_NETWORK: JSON.stringify(facts), DEHUG_ENDPOINT: network.hub }
    expect(await pytest('test_network.py', env)).toMatchObject({ failed: [], skipped: 0 })
  }, 180_000)

  test('behavior: the chain answers also while a block is mined', async () => {
    await using node = await DevChain.start({ home: join(folder, 'chain'), blockTimeSeconds: 0.05 })
    const { contracts } = await deploy({ rpcUrl: node.rpcUrl, deployerKey: keyOf('deployer') })
    const script = `
import json, sys
from concurrent.futures import ThreadPoolExecutor
from dehug.chain import Registry
registry = Registry(*sys.argv[1:])
with ThreadPoolExecutor(16) as pool:
    print(json.dumps(list(set(pool.map(lambda _: registry.head("model:nobody/nothing"), range(3000))))))
`
    const ran = await runPython(interpreter, ['-', node.rpcUrl, contracts.ModelRegistry], {
      cwd: folder,
      env: { HOME: folder, PYTHONPATH: join(project, 'src') },
      input: script,
    })
    expect(ran.lastJson).toEqual([null])
  })

  test.runIf(isHeavy)('behavior: its types are complete', async () => {
    const { status, stdout } = await runPython(interpreter, ['-m', 'mypy', '--cache-dir', join(folder, 'mypy')], {
      cwd: project,
      env: { HOME: folder },
    })
    expect({ status, stdout }).toMatchObject({ status: 0 })
  })
})
