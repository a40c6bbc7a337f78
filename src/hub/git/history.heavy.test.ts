import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tokens } from '../start-test-hub.ts'
import { type GitHub, hasGit, startGitHub } from './test-git.ts'

describe.runIf(hasGit)('a long history', () => {
  let hub: GitHub
  beforeAll(async () => {
    hub = await startGitHub()
  })
  afterAll(() => hub?.stop())

  test('behavior: a thousand commits are pushed, cloned and listed', async () => {
    await hub.json('POST', '/api/repos/create', { name: 'history' })
    await hub.git('', 'clone', '-q', hub.at('ada/history', tokens.ada), 'history')
    const stream = Array.from({ length: 1_000 }, (_, i) => {
      const text = `line ${i}\n`.repeat(50 + (i % 7))
      return [
        `commit refs/heads/main\ncommitter Ada <ada@example.org> ${1_700_000_000 + i} +0000\ndata 1\n.`,
        ...(i === 0 ? ['from refs/heads/main^0'] : []),
        `M 100644 inline folder-${i % 10}/file-${i % 100}.txt\ndata ${text.length}\n${text}`,
      ].join('\n')
    })
    const cwd = join(hub.home, 'history')
    execFileSync('git', ['fast-import', '--quiet'], { cwd, input: `${stream.join('\n')}\n` })
    await hub.git('history', 'push', '-q')
    await hub.git('', 'clone', '-q', hub.at('ada/history'), 'again')
    expect(await hub.git('again', 'rev-list', '--count', 'HEAD')).toBe('1001')
    expect(await hub.git('again', 'rev-parse', 'HEAD')).toBe(await hub.git('history', 'rev-parse', 'main'))
    expect(await hub.git('again', 'fsck', '--strict')).toBe('')
    const commits = await hub.send('GET', '/api/models/ada/history/commits/main')
    expect(commits.headers.get('x-total-count')).toBe('1001')
  }, 300_000)
})
