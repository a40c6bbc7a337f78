// Installs what the tests need on this machine, then runs the contracts' and the TypeScript tests.
// CI=true also runs the heavy ones. Ends with one line "N passed, N failed".
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildWeb } from '../web/build.ts'
import { forge, run, tool } from './run.ts'

const heavy = process.env.CI === 'true'
const only = process.argv.slice(2)

installSystemPackages()
// Tests of pages would build it inside their time limit.
if (only.length === 0) await buildWeb()
const counts = [only.length === 0 ? contracts() : { passed: 0, failed: 0 }, typescript(only)]
const passed = counts.reduce((sum, count) => sum + count.passed, 0)
const failed = counts.reduce((sum, count) => sum + count.failed, 0)
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1

type Count = { passed: number; failed: number }

function contracts(): Count {
  const env = { ...process.env, ...(heavy ? { FOUNDRY_PROFILE: 'heavy' } : {}) }
  const { stdout, stderr, status } = spawnSync(forge, ['test', '--json'], { encoding: 'utf8', maxBuffer: 1 << 28, env })
  const start = stdout.indexOf('{')
  if (start < 0) {
    console.error(stdout, stderr)
    return { passed: 0, failed: 1 }
  }
  const suites = JSON.parse(stdout.slice(start)) as Record<
    string,
    { test_results: Record<string, { status: string; reason?: string }> }
  >
  const results = Object.entries(suites).flatMap(([suite, { test_results }]) =>
    Object.entries(test_results).map(([name, result]) => ({ name: `${suite} ${name}`, ...result })),
  )
  for (const { name, status: state, reason } of results)
    if (state !== 'Success') console.error(`FAIL ${name}: ${reason ?? state}`)
  const failures = results.filter(({ status: state }) => state !== 'Success').length
  console.log(`Contracts: ${results.length - failures} of ${results.length} tests passed.`)
  return { passed: results.length - failures, failed: failures === 0 && status !== 0 ? 1 : failures }
}

function typescript(paths: string[]): Count {
  const report = join(tmpdir(), `dehug-tests-${process.pid}.json`)
  const status = run(tool('vitest'), [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...paths,
  ])
  if (!existsSync(report)) return { passed: 0, failed: 1 }
  const result = JSON.parse(readFileSync(report, 'utf8'))
  rmSync(report)
  const broken = result.testResults.filter(
    (file: { status: string; assertionResults: { status: string }[] }) =>
      file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  ).length
  const failures = result.numFailedTests + broken
  return { passed: result.numPassedTests, failed: failures === 0 && status !== 0 ? 1 : failures }
}

/** As root on Debian the tests bring what they exercise; otherwise the ones that need it say so and are skipped. */
function installSystemPackages(): void {
  const wanted = {
    ...{ bwrap: 'bubblewrap', chromium: 'chromium', git: 'git', 'git-lfs': 'git-lfs' },
    ...{ prlimit: 'util-linux', skopeo: 'skopeo' },
  }
  const missing = Object.entries(wanted)
    .filter(([command]) => spawnSync('which', [command]).status !== 0)
    .map(([, name]) => name)
  if (spawnSync('python3', ['-c', 'import venv, ensurepip']).status !== 0) missing.push('python3-venv')
  if (missing.length === 0) return
  if (process.getuid?.() !== 0 || spawnSync('which', ['apt-get']).status !== 0) {
    console.log(
      `Not installed: ${missing.join(', ')}. Tests that need them are skipped; install them with your package manager.`,
    )
    return
  }
  console.log(`Installing ${missing.join(', ')} for the tests.`)
  const quiet = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const
  execFileSync('apt-get', ['update'], quiet)
  execFileSync('apt-get', ['install', '-y', '--no-install-recommends', ...missing], quiet)
}
