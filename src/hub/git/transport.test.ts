import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { file, header } from '../hub-client.ts'
import { tokens } from '../start-test-hub.ts'
import { line } from './PktLine.ts'
import { type GitHub, hasGit, startGitHub } from './test-git.ts'

describe.runIf(hasGit)('the bodies that git sends, and names beside branches', () => {
  let hub: GitHub
  /** The requests with a body that arrived. */
  let posts: IncomingMessage[] = []
  beforeAll(async () => {
    hub = await startGitHub()
    hub.app.server.on('request', (request: IncomingMessage) => {
      if (request.method === 'POST') posts.push(request)
    })
  })
  afterAll(() => hub?.stop())
  beforeEach(() => {
    posts = []
  })

  const git = (...args: Parameters<GitHub['git']>) => hub.git(...args)
  const tryGit = (...args: Parameters<GitHub['tryGit']>) => hub.tryGit(...args)
  const create = (name: string) => hub.json('POST', '/api/repos/create', { name })
  const cloned = async (name: string, folder = name) => {
    await git('', 'clone', '-q', hub.at(`ada/${name}`, tokens.ada), folder)
    return folder
  }
  /** Commits so many files of random bytes. */
  const commitFiles = async (folder: string, count: number, bytes: number) => {
    await mkdir(join(hub.home, folder, 'files'), { recursive: true })
    for (let i = 0; i < count; i++)
      await writeFile(join(hub.home, folder, `files/${i}-${randomBytes(4).toString('hex')}.dat`), randomBytes(bytes))
    await git(folder, 'add', '-A')
    await git(folder, 'commit', '-qm', `${count} files`)
    return git(folder, 'rev-parse', 'HEAD')
  }
  const emptyCommits = (folder: string, count: number, since: number) => {
    const stream = Array.from({ length: count }, (_, i) =>
      [
        `commit refs/heads/main\ncommitter Ada <ada@example.org> ${since + i} +0000\ndata 1\n.`,
        ...(i === 0 ? ['from refs/heads/main^0'] : []),
      ].join('\n'),
    )
    execFileSync('git', ['fast-import', '--quiet'], { cwd: join(hub.home, folder), input: `${stream.join('\n')}\n` })
  }
  const headOf = async (name: string, ref = 'refs/heads/main') =>
    (await git('', 'ls-remote', hub.at(`ada/${name}`), ref)).slice(0, 40)
  const bodies = (name: string) => posts.map(({ headers }) => headers[name])

  test('behavior: a push is whole in one piece and in chunks, whatever http.postBuffer says', async () => {
    await create('pieces')
    const here = await cloned('pieces')
    for (const [postBuffer, isChunked] of [
      ['65536', true],
      ['52428800', false],
    ] as const) {
      posts = []
      const oid = await commitFiles(here, 6, 700_000)
      await git(here, '-c', `http.postBuffer=${postBuffer}`, 'push', '-q')
      expect(await headOf('pieces')).toBe(oid)
      expect(bodies('transfer-encoding').includes('chunked')).toBe(isChunked)
    }
    const there = await cloned('pieces', 'pieces-again')
    expect(await git(there, 'fsck', '--strict')).toBe('')
    expect((await git(there, 'ls-files')).split('\n')).toHaveLength(13)
  })

  test('behavior: a fetch that names many commits comes as gzip, in each protocol', async () => {
    await create('many')
    const here = await cloned('many')
    emptyCommits(here, 60, 1_700_000_000)
    await git(here, 'push', '-q')
    for (const version of ['0', '2']) {
      // Newer commits, which the hub does not have, are named before those that it has.
      const folder = await cloned('many', `many-${version}`)
      emptyCommits(folder, 60, Math.floor(Date.now() / 1000))
      expect((await hub.commit([header(), file('new.txt', version)], 'ada/many')).status).toBe(200)
      posts = []
      await git(folder, '-c', `protocol.version=${version}`, 'fetch', '-q')
      expect(bodies('content-encoding')).toContain('gzip')
      expect(await git(folder, 'rev-parse', 'origin/main')).toBe(await headOf('many'))
    }
  })

  test('behavior: Expect: 100-continue is answered before the body is sent', async () => {
    await create('asks-first')
    const here = await cloned('asks-first')
    const oid = await commitFiles(here, 3, 500_000)
    await git(here, '-c', 'http.extraHeader=Expect: 100-continue', '-c', 'http.postBuffer=65536', 'push', '-q')
    expect(bodies('expect')).toContain('100-continue')
    expect(await headOf('asks-first')).toBe(oid)
    const body = Buffer.concat([line('command=ls-refs'), Buffer.from('0001'), Buffer.from('0000')])
    const packed = gzipSync(body)
    const sending = request(`${hub.url}/ada/asks-first.git/git-upload-pack`, {
      method: 'POST',
      headers: {
        'git-protocol': 'version=2',
        'content-encoding': 'gzip',
        'transfer-encoding': 'chunked',
        expect: '100-continue',
      },
    })
    sending.flushHeaders()
    await once(sending, 'continue')
    for (const byte of packed) sending.write(Buffer.from([byte]))
    sending.end()
    const [answer] = (await once(sending, 'response')) as [IncomingMessage]
    expect(answer.statusCode).toBe(200)
    expect(Buffer.concat(await answer.toArray()).toString()).toContain(`${oid} refs/heads/main`)
  })

  test('error: a body that is not what its headers say ends in an answer', async () => {
    const send = (body: Uint8Array, coding: string) =>
      hub.send('POST', '/ada/open.git/git-upload-pack', {
        headers: { 'content-encoding': coding },
        body: body as never,
      })
    const whole = gzipSync(Buffer.alloc(100_000, '0009done\n'))
    const answers = [
      await send(Buffer.from('no gzip'), 'gzip'),
      await send(whole.subarray(0, whole.length - 20), 'gzip'),
      await send(whole, 'br'),
    ]
    for (const answer of answers) {
      expect(answer.status).toBe(400)
      expect((await answer.json()).code).toMatch(/^bad_(gzip|coding)$/)
    }
    const bomb = await send(gzipSync(Buffer.alloc(40 * 2 ** 20)), 'gzip')
    expect([400, 413]).toContain(bomb.status)
    expect(await headOf('open')).toMatch(/^[0-9a-f]{40}$/)
  })

  test('behavior: pull requests are fetched, pushed to by who opened them, and refused to others', async () => {
    await create('pulls')
    const commit = (text: string, revision: string, token: string) =>
      hub.send('POST', `/api/models/ada/pulls/commit/${revision}`, {
        token,
        headers: { 'content-type': 'application/x-ndjson' },
        body: [header(), file('p.txt', text)].map((one) => JSON.stringify(one)).join('\n'),
      })
    const opened = await (await commit('by eve', 'main?create_pr=1', tokens.eve)).json()
    expect(opened.pullRequestUrl).toContain('/discussions/1')
    for (const version of ['0', '2']) {
      const folder = await cloned('pulls', `pulls-${version}`)
      await git(folder, '-c', `protocol.version=${version}`, 'fetch', '-q', 'origin', 'refs/pr/1')
      expect(await git(folder, 'rev-parse', 'FETCH_HEAD')).toBe(opened.commitOid)
      expect(await git(folder, 'show', 'FETCH_HEAD:p.txt')).toBe('by eve')
    }
    const here = 'pulls-2'
    await git(here, 'fetch', '-q', 'origin', '+refs/pr/*:refs/remotes/origin/pr/*')
    await git(here, 'checkout', '-q', '-b', 'mine', 'origin/pr/1')
    await writeFile(join(hub.home, here, 'p.txt'), 'by eve with git')
    await git(here, 'commit', '-qam', 'more')
    const byBob = await tryGit(here, 'push', hub.at('ada/pulls', tokens.bob), 'HEAD:refs/pr/1')
    expect(byBob.err).toContain('You have no right to change ada/pulls')
    await git(here, 'push', '-q', hub.at('ada/pulls', tokens.eve), 'HEAD:refs/pr/1')
    expect(await headOf('pulls', 'refs/pr/1')).toBe(await git(here, 'rev-parse', 'HEAD'))
    const unknown = await tryGit(here, 'push', hub.at('ada/pulls', tokens.ada), 'HEAD:refs/pr/7')
    expect(unknown.err).toContain('! [remote rejected]')
    expect((await hub.json('POST', '/api/models/ada/pulls/discussions/1/merge', {})).status).toBe(200)
    await git(here, 'fetch', '-q', 'origin', 'main')
    expect(await git(here, 'show', 'FETCH_HEAD:p.txt')).toBe('by eve with git')
  })

  test('behavior: a clone may leave out large files or all of them; other filters are refused in words', async () => {
    await create('partial')
    const large = 'x'.repeat(5_000)
    await hub.commit([header(), file('large.txt', large), file('small.txt', 'small')], 'ada/partial')
    await git('', 'clone', '-q', '--no-checkout', '--filter=blob:limit=1k', hub.at('ada/partial'), 'partial')
    const missing = await git('partial', 'rev-list', '--objects', '--missing=print', 'HEAD')
    expect(missing.match(/^\?/gm)).toHaveLength(missing.includes('.gitattributes') ? 1 : 2)
    await git('partial', 'checkout', '-q', 'main')
    expect(await readFile(join(hub.home, 'partial/large.txt'), 'utf8')).toBe(large)
    const refused = await tryGit('', 'clone', '--filter=tree:0', hub.at('ada/partial'), 'no-trees')
    expect(refused.code).not.toBe(0)
    expect(refused.err).toContain('the filter "tree:0" is not offered; use blob:none or blob:limit=<n>')
  })

  test('behavior: whatever is cut off on the way in leaves the branch as it was', async () => {
    await create('cut')
    const here = await cloned('cut')
    const before = await headOf('cut')
    const oid = await commitFiles(here, 20, 400_000)
    const arriving = new Promise<void>((resolve) => {
      const onRequest = ({ url, headers }: IncomingMessage) => {
        if (!url?.endsWith('/git-receive-pack') || headers['transfer-encoding'] !== 'chunked') return
        hub.app.server.off('request', onRequest)
        resolve()
      }
      hub.app.server.on('request', onRequest)
    })
    // The sending process is killed too, as its parent alone would leave it at work.
    const push = spawn('git', ['-c', 'http.postBuffer=65536', 'push', '-q'], {
      cwd: join(hub.home, here),
      env: { PATH: process.env.PATH, HOME: hub.home, GIT_TERMINAL_PROMPT: '0' },
      detached: true,
    })
    await arriving
    process.kill(-(push.pid as number), 'SIGKILL')
    await once(push, 'close')
    expect([before, oid]).toContain(await headOf('cut'))
    await git(here, 'push', '-q')
    expect(await headOf('cut')).toBe(oid)
    expect(await git(await cloned('cut', 'cut-again'), 'fsck', '--strict')).toBe('')
  })
})
