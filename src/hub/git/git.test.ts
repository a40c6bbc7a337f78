import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { file, header } from '../hub-client.ts'
import { tokens } from '../start-test-hub.ts'
import { type GitHub, hasGit, startGitHub } from './test-git.ts'

describe.runIf(hasGit)('git over HTTP', () => {
  let hub: GitHub
  beforeAll(async () => {
    hub = await startGitHub({ inlineBytes: 3_000_000, commitBytes: 20_000_000 })
  })
  afterAll(() => hub?.stop())

  const git = (...args: Parameters<GitHub['git']>) => hub.git(...args)
  const tryGit = (...args: Parameters<GitHub['tryGit']>) => hub.tryGit(...args)
  const create = (name: string, more: object = {}, token = tokens.ada) =>
    hub.json('POST', '/api/repos/create', { name, ...more }, token)
  const write = async (path: string, content: string | Uint8Array) => {
    const target = join(hub.home, path)
    await mkdir(join(target, '..'), { recursive: true })
    await writeFile(target, content)
  }
  const commitAll = async (folder: string, message = 'a change') => {
    await git(folder, 'add', '-A')
    await git(folder, 'commit', '-qm', message)
    return git(folder, 'rev-parse', 'HEAD')
  }
  const cloned = async (repo: string, folder: string, ...options: string[]) => {
    await git('', 'clone', '-q', ...options, hub.at(repo, tokens.ada), folder)
    return folder
  }

  test.each(['0', '1', '2'])(
    'behavior: clone and fetch with protocol %s, for each kind of repository',
    async (version) => {
      for (const [type, prefix] of [
        ['model', ''],
        ['dataset', 'datasets/'],
        ['space', 'spaces/'],
      ] as const) {
        const name = `proto-${version}-${type}`
        await create(name, { type })
        const post = (lines: object[]) =>
          hub.send('POST', `/api/${type}s/ada/${name}/commit/main`, {
            token: tokens.ada,
            headers: { 'content-type': 'application/x-ndjson' },
            body: lines.map((line) => JSON.stringify(line)).join('\n'),
          })
        await post([header(), file('a/deep/file.txt', 'one'), file('b.txt', 'two')])
        const folder = name
        await git('', '-c', `protocol.version=${version}`, 'clone', '-q', hub.at(`${prefix}ada/${name}.git`), folder)
        expect(await readFile(join(hub.home, folder, 'a/deep/file.txt'), 'utf8')).toBe('one')
        const made = await (await post([header(), file('b.txt', 'three')])).json()
        await git(folder, '-c', `protocol.version=${version}`, 'pull', '-q')
        expect(await git(folder, 'rev-parse', 'HEAD')).toBe(made.commitOid)
        expect(await git(folder, 'fsck', '--strict')).toBe('')
      }
    },
  )

  test('behavior: what is pushed comes back byte for byte: modes, Unicode, binary, empty and odd names', async () => {
    await create('bytes')
    const here = await cloned('ada/bytes', 'bytes')
    const binary = randomBytes(1_500_000)
    await write('bytes/data.dat', binary)
    await write('bytes/leer.txt', '')
    await write('bytes/ünï/文件 (1).txt', 'grüße\r\n')
    await write("bytes/a 'quoted' $name#.txt", '\0\x01binary')
    await write('bytes/run.sh', '#!/bin/sh\n')
    await chmod(join(hub.home, 'bytes/run.sh'), 0o755)
    const oid = await commitAll(here, 'zwölf Dateien\n\nmit Text')
    await git(here, 'push', '-q')
    const there = await cloned('ada/bytes', 'bytes-again')
    expect(await git(there, 'rev-parse', 'HEAD')).toBe(oid)
    expect(await git(there, 'fsck', '--strict')).toBe('')
    expect(await git(there, 'ls-tree', '-r', 'HEAD')).toBe(await git(here, 'ls-tree', '-r', 'HEAD'))
    expect((await readFile(join(hub.home, 'bytes-again/data.dat'))).equals(binary)).toBe(true)
    const served = await hub.send('GET', `/ada/bytes/resolve/main/${encodeURIComponent('ünï/文件 (1).txt')}`)
    expect([served.status, await served.text()]).toEqual([200, 'grüße\r\n'])
    const mode = await hub.commit([header(), file('leer.txt', 'not any more')], 'ada/bytes')
    expect(mode.status).toBe(200)
    await git(there, 'pull', '-q')
    expect(await git(there, 'ls-tree', 'HEAD', 'run.sh')).toMatch(/^100755 /)
  })

  test('behavior: branches and tags are made, moved and deleted; annotated tags stay as they are', async () => {
    await create('names')
    const here = await cloned('ada/names', 'names')
    await git(here, 'tag', 'light')
    await git(here, 'tag', '-a', 'v1', '-m', 'the first')
    await git(here, 'push', '-q', 'origin', 'HEAD:refs/heads/feature/x', '--tags')
    await git('', 'clone', '-q', '--branch', 'v1', hub.at('ada/names'), 'at-v1')
    expect(await git('at-v1', 'cat-file', 'tag', 'v1')).toBe(await git(here, 'cat-file', 'tag', 'v1'))
    const refs = await (await hub.send('GET', '/api/models/ada/names/refs')).json()
    const head = await git(here, 'rev-parse', 'HEAD')
    expect(refs.tags.map(({ name, targetCommit }: Record<string, string>) => [name, targetCommit])).toEqual([
      ['light', head],
      ['v1', head],
    ])
    expect((await hub.send('GET', '/ada/names/resolve/v1/.gitattributes')).headers.get('x-repo-commit')).toBe(head)
    await git(here, 'push', '-q', 'origin', ':feature/x', ':light')
    const left = (await git(here, 'ls-remote')).split('\n').map((line) => line.split('\t')[1])
    expect(left).toEqual(['HEAD', 'refs/heads/main', 'refs/tags/v1', 'refs/tags/v1^{}'])
    const main = await tryGit(here, 'push', 'origin', ':main')
    expect(main.err).toContain('! [remote rejected] main (Cannot delete refs/heads/main')
    await git(here, 'push', '-q', 'origin', 'HEAD:refs/heads/a')
    const below = await tryGit(here, 'push', 'origin', 'HEAD:refs/heads/a/b')
    expect(below.err).toContain('Reference refs/heads/a already exists')
    const odd = await tryGit(here, 'push', 'origin', 'HEAD:refs/notes/x')
    expect(odd.err).toContain('! [remote rejected]')
  })

  test('behavior: a shallow clone grows deeper, is fetched into and pushed from', async () => {
    await create('deep')
    for (let i = 1; i <= 5; i++) await hub.commit([header(), file('n.txt', `${i}`)], 'ada/deep')
    for (const version of ['0', '2']) {
      const folder = `shallow-${version}`
      const options = ['-c', `protocol.version=${version}`]
      await git(
        '',
        ...options,
        'clone',
        '-q',
        '--depth',
        '2',
        '--single-branch',
        hub.at('ada/deep', tokens.ada),
        folder,
      )
      expect((await git(folder, 'log', '--format=%h')).split('\n')).toHaveLength(2)
      await git(folder, ...options, 'fetch', '-q', '--deepen', '1')
      expect((await git(folder, 'log', '--format=%h')).split('\n')).toHaveLength(3)
      await write(`${folder}/more-${version}.txt`, 'more')
      await commitAll(folder)
      await git(folder, ...options, 'push', '-q')
      await hub.commit([header(), file('n.txt', `again ${version}`)], 'ada/deep')
      await git(folder, ...options, 'pull', '-q')
      await git(folder, ...options, 'fetch', '-q', '--unshallow')
      expect(await git(folder, 'fsck', '--strict')).toBe('')
      expect(await git(folder, 'rev-parse', '--is-shallow-repository')).toBe('false')
      const since = `since-${version}`
      await git('', ...options, 'clone', '-q', '--shallow-since', '2020-01-01', hub.at('ada/deep'), since)
      expect(await git(since, 'rev-parse', 'HEAD')).toBe(await git(folder, 'rev-parse', 'HEAD'))
    }
  })

  test('behavior: a clone without files fetches them when they are needed', async () => {
    await create('lazy')
    await hub.commit([header(), file('a.txt', 'a'.repeat(5_000)), file('b.txt', 'b')], 'ada/lazy')
    await git('', 'clone', '-q', '--no-checkout', '--filter=blob:none', hub.at('ada/lazy'), 'lazy')
    expect(await git('lazy', 'rev-list', '--objects', '--missing=print', 'HEAD')).toMatch(/^\?[0-9a-f]{40}$/m)
    await git('lazy', 'checkout', '-q', 'main')
    expect(await readFile(join(hub.home, 'lazy/b.txt'), 'utf8')).toBe('b')
  })

  test('behavior: fetching again sends only what is new', async () => {
    await create('twice')
    await hub.commit([header(), file('big.txt', randomBytes(400_000).toString('hex')), file('s.txt', '1')], 'ada/twice')
    const here = await cloned('ada/twice', 'twice')
    await hub.commit([header(), file('s.txt', '2')], 'ada/twice')
    const before = await git(here, 'count-objects', '-v')
    await git(here, '-c', 'fetch.unpackLimit=1', 'pull', '-q')
    const size = (text: string) => Number(/size-pack: (\d+)/.exec(text)?.[1])
    expect(size(await git(here, 'count-objects', '-v')) - size(before)).toBeLessThan(10)
  })

  test('behavior: rewriting a branch is for owners; everybody else merges first', async () => {
    await create('forced', { organization: 'lab' })
    const { db } = hub.context.catalog
    const { Account } = await import('../../catalog/index.ts')
    const [lab, bob] = [await Account.byName(db, 'lab'), await Account.byName(db, 'bob')]
    await Account.setMember(db, lab as never, bob as never, 'write')
    const here = await cloned('lab/forced', 'forced')
    await write('forced/x', '1')
    await commitAll(here)
    await git(here, 'push', '-q')
    await git(here, 'commit', '-q', '--amend', '-m', 'another')
    expect((await tryGit(here, 'push')).err).toContain('non-fast-forward')
    const byBob = await tryGit(here, 'push', '-f', hub.at('lab/forced', tokens.bob), 'HEAD:main')
    expect(byBob.err).toContain('only owners may take commits out of a branch')
    await git(here, 'push', '-q', '-f')
    const answer = await (await hub.send('GET', '/api/models/lab/forced')).json()
    expect(answer.sha).toBe(await git(here, 'rev-parse', 'HEAD'))
    await Account.setMember(db, lab as never, bob as never, 'read')
  })

  test('behavior: a private repository is for who may read it, and like a missing one for everybody else', async () => {
    await hub.commit([header(), file('secret.txt', 'the words')], 'lab/secret')
    const strange = []
    for (const repo of ['lab/secret', 'lab/nothing']) {
      const open = await hub.send('GET', `/${repo}/info/refs?service=git-upload-pack`)
      const body = await open.json()
      strange.push([open.status, open.headers.get('www-authenticate'), body.error.replace(repo, 'X'), body.code])
      const eve = await hub.send('GET', `/${repo}.git/info/refs?service=git-upload-pack`, { token: tokens.eve })
      expect([eve.status, (await eve.json()).code]).toEqual([404, 'repo_not_found'])
      const push = await hub.send('POST', `/${repo}.git/git-receive-pack`, { token: tokens.eve, body: '0000' })
      expect([push.status, (await push.json()).code]).toEqual([404, 'repo_not_found'])
    }
    expect(strange[0]).toEqual([
      401,
      'Basic realm="DeHug", charset="UTF-8"',
      'Repository not found: X.',
      'repo_not_found',
    ])
    expect(strange[1]).toEqual(strange[0])
    expect((await tryGit('', 'clone', hub.at('lab/secret'), 'no')).err).toContain('could not read Username')
    expect((await tryGit('', 'clone', hub.at('lab/secret', 'hf_wrong'), 'no')).err).toContain('Authentication failed')
    expect((await tryGit('', 'clone', hub.at('lab/secret', tokens.eve), 'no')).err).toContain('not found')
    await git('', 'clone', '-q', hub.at('lab/secret', tokens.bob), 'seen')
    expect(await readFile(join(hub.home, 'seen/secret.txt'), 'utf8')).toBe('the words')
    await write('seen/x', 'x')
    await commitAll('seen')
    expect((await tryGit('seen', 'push')).err).toContain('You have no right to change lab/secret')
    const readOnly = await tryGit('seen', 'push', hub.at('lab/secret', tokens.adaRead), 'HEAD:main')
    expect(readOnly.err).toContain('403')
  })

  test('error: links, submodules, colliding and dangerous names are refused by name, and nothing of the push stays', async () => {
    await create('rules')
    const here = await cloned('ada/rules', 'rules')
    const before = await git(here, 'rev-parse', 'HEAD')
    const blob = await git(here, 'rev-parse', 'HEAD:.gitattributes')
    const bad: [string, string, RegExp][] = [
      ['160000', 'sub', /"sub": is a submodule/],
      ['100644', 'CON', /is the name of a device/],
      ['100644', 'a:b', /holds a character that some systems reserve/],
      ['100644', 'back\\slash', /holds a character/],
      ['100644', 'dot.', /ends in a dot/],
    ]
    await symlink('x', join(hub.home, 'rules/link'))
    await commitAll(here)
    expect((await tryGit(here, 'push')).err).toMatch(/"link": is a symbolic link/)
    for (const [mode, name, reason] of bad) {
      await git(here, 'reset', '-q', '--hard', before)
      await git(here, 'update-index', '--add', '--cacheinfo', `${mode},${blob},${name}`)
      await git(here, 'commit', '-qm', name)
      expect((await tryGit(here, 'push')).err).toMatch(reason)
    }
    await git(here, 'reset', '-q', '--hard', before)
    for (const name of ['Same.txt', 'same.TXT'])
      await git(here, 'update-index', '--add', '--cacheinfo', `100644,${blob},${name}`)
    await git(here, 'commit', '-qm', 'collision')
    expect((await tryGit(here, 'push')).err).toMatch(/collides with/)
    await git(here, 'reset', '-q', '--hard', before)
    await write('rules/large.dat', randomBytes(3_100_000))
    await commitAll(here)
    expect((await tryGit(here, 'push')).err).toMatch(
      /3100000 bytes and at most 3000000 are accepted; keep large files in LFS/,
    )
    expect(await git('', 'ls-remote', hub.at('ada/rules'), 'main')).toContain(before)
    const { rows } = await hub.context.catalog.pool.query(
      `select count(*)::int as n from catalog.git_objects o join catalog.repos r on r.id = o.repo_id where r.key = 'model:ada/rules'`,
    )
    expect(rows[0].n).toBe(2)
  })

  test('error: a pointer to bytes the pusher never sent, or a commit of another repository, does not get in', async () => {
    const { oid, size } = await hub.upload(randomBytes(2_000), 'lab/secret', tokens.ada)
    await create('grab', {}, tokens.eve)
    await git('', 'clone', '-q', hub.at('Eve/grab', tokens.eve), 'grab')
    await write('grab/w.dat', `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${size}\n`)
    await commitAll('grab')
    expect((await tryGit('grab', 'push')).err).toContain('was not uploaded')
    const foreign = await (await hub.send('GET', '/api/models/lab/secret', { token: tokens.ada })).json()
    const packet = (text: string) => (text.length + 4).toString(16).padStart(4, '0') + text
    const command = `${'0'.repeat(40)} ${foreign.sha} refs/heads/stolen\0report-status`
    const empty = Buffer.from('5041434b0000000200000000029d08823bd8a8eab510ad6ac75c823cfd3ed31e', 'hex')
    const body = Buffer.concat([Buffer.from(`${packet(command)}0000`), empty])
    const answer = await hub.send('POST', '/Eve/grab.git/git-receive-pack', { token: tokens.eve, body })
    expect(await answer.text()).toContain('it was not sent and is not in the repository')
    const wanted = Buffer.from(`${packet(`want ${foreign.sha} side-band-64k\n`)}0000${packet('done\n')}`)
    const fetched = await hub.send('POST', '/Eve/grab.git/git-upload-pack', { token: tokens.eve, body: wanted })
    expect(await fetched.text()).toContain(`not our ref ${foreign.sha}`)
  })

  test('behavior: of pushes and commits at once one wins, and the others lose nothing', async () => {
    await create('race')
    const folders = ['race-0', 'race-1', 'race-2']
    for (const folder of folders) {
      await cloned('ada/race', folder)
      await write(`${folder}/${folder}.txt`, folder)
      await commitAll(folder)
    }
    const head = await git('race-0', 'rev-parse', 'HEAD^')
    const [web, ...pushes] = await Promise.all([
      hub.commit([header(head), file('web.txt', 'web')], 'ada/race'),
      ...folders.map((folder) => tryGit(folder, 'push')),
    ])
    const won = [web.ok, ...pushes.map(({ code }) => code === 0)].filter((ok) => ok)
    expect(won).toHaveLength(1)
    for (const [index, folder] of folders.entries()) {
      if (pushes[index]?.code === 0) continue
      await git(folder, 'pull', '-q', '--rebase')
      await git(folder, 'push', '-q')
    }
    if (!web.ok) expect((await hub.commit([header(), file('web.txt', 'web')], 'ada/race')).status).toBe(200)
    expect((await hub.filesOf('ada/race')).sort()).toEqual([
      '.gitattributes',
      ...folders.map((f) => `${f}.txt`),
      'web.txt',
    ])
  })

  test('behavior: with --atomic all names move or none, and without it each by itself', async () => {
    await create('atomic')
    const here = await cloned('ada/atomic', 'atomic')
    await write('atomic/good.txt', 'good')
    const good = await commitAll(here)
    await symlink('x', join(hub.home, 'atomic/link'))
    const bad = await commitAll(here)
    const names = [`${good}:refs/heads/good`, `${bad}:refs/heads/bad`]
    const together = await tryGit(here, 'push', '--atomic', 'origin', ...names)
    expect(together.err).toContain('atomic push failed')
    expect(await git(here, 'ls-remote', 'origin', 'refs/heads/good')).toBe('')
    const each = await tryGit(here, 'push', '-o', 'ignored', 'origin', ...names)
    expect(each.err).toMatch(/symbolic link/)
    expect(await git(here, 'ls-remote', 'origin', 'refs/heads/good')).toContain(good)
    expect(await git(here, 'ls-remote', 'origin', 'refs/heads/bad')).toBe('')
  })
})
