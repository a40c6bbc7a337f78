import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { screen } from '../testing.ts'
import { node } from './doctor.ts'

test('behavior: Node 20.19 and newer will do', () => {
  expect(['20.19.0', '22.1.0', '24.0.0'].map((version) => node(version).level)).toEqual(['ok', 'ok', 'ok'])
  expect(node('20.18.3')).toEqual({
    name: 'node',
    level: 'fail',
    found: '20.18.3',
    cost: 'Nothing runs. Install Node 20.19 or newer.',
  })
})

test('behavior: every finding has a name and says what it costs when something is missing', async () => {
  const home = await mkdtemp(join(tmpdir(), 'dehug-doctor-'))
  const { stdout, exitCode } = await screen(['doctor', '--home', home, '--json'])
  await rm(home, { recursive: true })
  const { findings } = JSON.parse(stdout) as { findings: { name: string; level: string; cost?: string }[] }
  expect(exitCode).toBe(0)
  expect(findings.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'node',
      'python',
      'sandbox',
      'user namespaces',
      'IPv6',
      'disk',
      'home',
      'chain',
      'compiler',
      'postgres',
      'port 4800',
    ]),
  )
  for (const { level, cost } of findings) expect(level === 'ok').toBe(cost === undefined)
})
