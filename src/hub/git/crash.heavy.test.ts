import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tokens } from '../start-test-hub.ts'
import { type GitHub, hasGit, startGitHub } from './test-git.ts'

describe.runIf(hasGit)('kill -9 during a push', () => {
  let hub: GitHub
  const children: ChildProcess[] = []
  beforeAll(async () => {
    hub = await startGitHub()
  })
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    await hub?.stop()
  })

  const startChild = async () => {
    const child = fork(new URL('./test-crash-hub.ts', import.meta.url), [hub.databaseUrl, join(hub.dir, 'store')], {
      execArgv: ['--import', 'tsx'],
    })
    children.push(child)
    const [{ url }] = (await once(child, 'message')) as [{ url: string }]
    return { child, url: `${url.replace('//', `//ada:${tokens.ada}@`)}/ada/crash` }
  }

  /** Resolves when the hub has heard of a push with content. */
  const pushHeard = (child: ChildProcess): Promise<void> =>
    new Promise((resolve) => {
      child.on('message', ({ request }: { request?: string }) => {
        if (request?.startsWith('POST') && request.includes('git-receive-pack')) resolve()
      })
    })

  test('behavior: the branch is where it was or has all of the push, and pushing again ends well', async () => {
    await hub.json('POST', '/api/repos/create', { name: 'crash' })
    await hub.git('', 'clone', '-q', hub.at('ada/crash', tokens.ada), 'crash')
    await mkdir(join(hub.home, 'crash/files'))
    for (const [round, delayMs] of [0, 60, 150, 300].entries()) {
      const before = await hub.git('crash', 'rev-parse', 'HEAD')
      for (let i = 0; i < 150; i++)
        await writeFile(join(hub.home, `crash/files/${round}-${i}.dat`), randomBytes(20_000))
      await hub.git('crash', 'add', '-A')
      await hub.git('crash', 'commit', '-qm', `round ${round}`)
      const after = await hub.git('crash', 'rev-parse', 'HEAD')
      const first = await startChild()
      const heard = pushHeard(first.child)
      const push = hub.tryGit('crash', 'push', first.url, 'HEAD:main')
      await heard
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      first.child.kill('SIGKILL')
      const { code } = await push
      const head = (await hub.git('', 'ls-remote', hub.at('ada/crash'), 'refs/heads/main')).slice(0, 40)
      expect(code === 0 ? [after] : [before, after]).toContain(head)
      await hub.git('', 'clone', '-q', hub.at('ada/crash'), `seen-${round}`)
      expect(await hub.git(`seen-${round}`, 'fsck', '--strict')).toBe('')
      await hub.git('crash', 'push', '-q', hub.at('ada/crash', tokens.ada), 'HEAD:main')
      await hub.git('', 'clone', '-q', hub.at('ada/crash'), `whole-${round}`)
      expect(await hub.git(`whole-${round}`, 'rev-parse', 'HEAD')).toBe(after)
      expect(await hub.git(`whole-${round}`, 'fsck', '--strict')).toBe('')
    }
  }, 300_000)
})
