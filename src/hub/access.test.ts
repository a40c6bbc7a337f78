import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as hf from '@huggingface/hub'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pythonOf, runPython, storyClients } from '../../test/python.ts'
import { Blob, Repo, Version } from '../catalog/index.ts'
import { RepoId } from '../core/index.ts'
import { file, header, problem, startHubClient } from './hub-client.ts'
import { tokens } from './start-test-hub.ts'

type Hub = Awaited<ReturnType<typeof startHubClient>>
describe.each(storyClients)('huggingface_hub $version', (client) => {
  let hub: Hub
  let interpreter: string
  let dir: string
  beforeAll(async () => {
    interpreter = await pythonOf(client)
    hub = await startHubClient()
    dir = await mkdtemp(join(tmpdir(), 'dehug-access-'))
  }, 600_000)
  afterAll(async () => {
    await hub?.stop()
    await rm(dir, { recursive: true, force: true })
  })

  /** Runs a script with one `HfApi` for each person; it prints one JSON value as its last line. */
  const run = async (script: string): Promise<unknown> => {
    const prelude = `
import json, os, urllib.request, urllib.error
from huggingface_hub import HfApi
from huggingface_hub.errors import *
ada, bob, eve, nobody = [HfApi(token=token) for token in (${JSON.stringify(tokens.ada)}, ${JSON.stringify(tokens.bob)}, ${JSON.stringify(tokens.eve)}, False)]
def fails(work):
    try: work()
    except Exception as error: return [type(error).__name__, getattr(getattr(error, 'response', None), 'status_code', None)]
def post(api, path, fields={}):
    request = urllib.request.Request(os.environ['HF_ENDPOINT'] + path, json.dumps(fields).encode(), {'authorization': 'Bearer ' + api.token, 'content-type': 'application/json'})
    try: return json.load(urllib.request.urlopen(request))
    except urllib.error.HTTPError as error: return {'status': error.code}
def download(api, repo, name, **rest):
    return open(api.hf_hub_download(repo, name, cache_dir=os.path.join(${JSON.stringify(dir)}, os.urandom(4).hex()), **rest), 'rb').read().decode()
`
    const env = { HOME: dir, HF_HOME: join(dir, 'hf'), HF_ENDPOINT: hub.url, HF_HUB_DISABLE_PROGRESS_BARS: '1' }
    return (await runPython(interpreter, ['-c', prelude + script], { env })).lastJson
  }

  const create = (name: string, fields: object = {}, token?: string) =>
    hub.json('POST', '/api/repos/create', { name, ...fields }, token)

  test('behavior: huggingface_hub creates with every field, moves, and old names lead on for ever', async () => {
    const found = await run(`
url = ada.create_repo('ada/first', private=True)
ada.create_repo('ada/app', repo_type='space', space_sdk='gradio')
ada.upload_file(path_or_fileobj=b'hello', path_in_repo='a.txt', repo_id='ada/first')
ada.move_repo('ada/first', 'ada/second')
ada.move_repo('ada/second', 'lab/third')
taken = fails(lambda: ada.create_repo('ada/first'))
ada.create_repo('ada/other')
clash = fails(lambda: ada.move_repo('ada/other', 'lab/third'))
foreign = fails(lambda: eve.move_repo('ada/open', 'Eve/open'))
refused = fails(lambda: bob.move_repo('lab/third', 'bob/third'))
print(json.dumps([str(url), ada.model_info('ada/first').id, download(ada, 'ada/second', 'a.txt'), bob.model_info('lab/third').private,
  taken, clash, foreign, refused, fails(lambda: eve.model_info('ada/first')), fails(lambda: nobody.model_info('ada/first')),
  ada.space_info('ada/app').card_data.sdk]))
`)
    expect(found).toEqual([
      `${hub.url}/ada/first`,
      'lab/third',
      'hello',
      true,
      ['HfHubHTTPError', 409],
      ['HfHubHTTPError', 409],
      ['HfHubHTTPError', 403],
      ['HfHubHTTPError', 403],
      ['RepositoryNotFoundError', 404],
      ['RepositoryNotFoundError', 401],
      'gradio',
    ])
  })

  test('behavior: a fork has the history and files of its source without another copy, and says where it comes from', async () => {
    const before = await bytesStored()
    const found = (await run(`
ada.create_repo('ada/base')
ada.upload_file(path_or_fileobj=b'---\\nbase_model: ada/open\\n---\\n', path_in_repo='README.md', repo_id='ada/base')
ada.upload_file(path_or_fileobj=os.urandom(3_000_000), path_in_repo='model.safetensors', repo_id='ada/base')
ada.create_tag('ada/base', tag='v1')
url = eve.duplicate_repo('ada/base', 'Eve/forked')
again = eve.duplicate_repo('ada/base', 'Eve/forked', exist_ok=True)
base, fork = ada.model_info('ada/base'), eve.model_info('Eve/forked')
ada.delete_repo('ada/base')
print(json.dumps({'url': str(url), 'again': str(again), 'base': base.sha, 'sha': fork.sha, 'forkOf': fork.dehug['forkOf'], 'card': fork.card_data.base_model,
  'tags': [ref.name for ref in eve.list_repo_refs('Eve/forked').tags], 'commits': len(eve.list_repo_commits('Eve/forked')),
  'size': os.path.getsize(eve.hf_hub_download('Eve/forked', 'model.safetensors')), 'later': eve.model_info('Eve/forked').dehug.get('forkOf')}))
`)) as Record<string, unknown>
    expect(found).toEqual({
      url: `${hub.url}/Eve/forked`,
      again: `${hub.url}/Eve/forked`,
      base: found.sha,
      sha: found.sha,
      forkOf: { repo: 'model:ada/base', commit: found.sha, root: null, visibility: 'public' },
      card: 'ada/open',
      tags: ['v1'],
      commits: 3,
      size: 3_000_000,
      later: null,
    })
    expect((await bytesStored()) - before).toBeLessThan(4_000_000)
  })

  const bytesStored = async (): Promise<number> => {
    const entries = await readdir(join(hub.dir, 'store'), { recursive: true, withFileTypes: true })
    const sizes = entries.map(async (entry) =>
      entry.isFile() ? (await stat(join(entry.parentPath, entry.name))).size : 0,
    )
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
  }

  test('behavior: two creates, two moves and fifty likes at once leave one of each', async () => {
    const statuses = async (answers: Promise<Response>[]) =>
      (await Promise.all(answers)).map(({ status }) => status).sort()
    expect(await statuses([1, 2, 3].map(() => create('race')))).toEqual([200, 409, 409])
    await create('one')
    await create('two')
    const moves = ['one', 'two'].map((name) =>
      hub.json('POST', '/api/repos/move', { fromRepo: `ada/${name}`, toRepo: 'ada/goal', type: 'model' }),
    )
    expect(await statuses(moves)).toEqual([200, 409])
    const people = [tokens.ada, tokens.bob, tokens.eve]
    const likes = Array.from({ length: 51 }, (_, i) => hub.json('POST', '/api/models/ada/race/like', {}, people[i % 3]))
    expect(new Set(await statuses(likes))).toEqual(new Set([200]))
    expect((await (await hub.send('GET', '/api/models/ada/race')).json()).likes).toBe(3)
    const unlikes = Array.from({ length: 20 }, (_, i) =>
      hub.json('DELETE', '/api/models/ada/race/like', {}, people[1 + (i % 2)]),
    )
    expect(new Set(await statuses(unlikes))).toEqual(new Set([200]))
    expect((await (await hub.send('GET', '/api/models/ada/race')).json()).likes).toBe(1)
  })

  test('behavior: huggingface_hub asks for, grants, refuses and cancels access to gated files', async () => {
    const found = await run(`
ada.create_repo('ada/gated')
ada.upload_file(path_or_fileobj=b'secret', path_in_repo='w.txt', repo_id='ada/gated')
ada.upload_file(path_or_fileobj=b'---\\nextra_gated_fields:\\n  Company: text\\n  I agree: checkbox\\n---\\nread me', path_in_repo='README.md', repo_id='ada/gated')
before = fails(lambda: list(ada.list_pending_access_requests('ada/gated')))
ada.update_repo_settings('ada/gated', gated='manual')
get = lambda api, **rest: download(api, 'ada/gated', 'w.txt', **rest)
def ask(api, **fields): return post(api, '/api/models/ada/gated/ask-access', fields)['status']
out = {'before': before, 'gated': eve.model_info('ada/gated').gated, 'nobody': fails(lambda: get(nobody)), 'eve': fails(lambda: get(eve)), 'owner': get(ada),
  'readme': 'read me' in download(nobody, 'ada/gated', 'README.md'), 'files': len(nobody.list_repo_files('ada/gated')),
  'check': [fails(lambda: api.auth_check('ada/gated')) for api in (ada, eve, nobody)], 'write': fails(lambda: eve.auth_check('ada/open', write=True))}
out['incomplete'] = ask(eve, Company='x')
out['asked'] = ask(eve, Company='x', **{'I agree': True})
out['pending'] = [[r.username, r.status, r.fields] for r in ada.list_pending_access_requests('ada/gated')]
ada.accept_access_request('ada/gated', 'Eve')
out['accepted'] = [[r.username for r in ada.list_accepted_access_requests('ada/gated')], get(eve)]
out['twice'] = [fails(lambda: ada.accept_access_request('ada/gated', 'Eve')), fails(lambda: ada.grant_access('ada/gated', 'Eve'))]
ada.cancel_access_request('ada/gated', 'Eve')
out['cancelled'] = fails(lambda: get(eve))
ada.reject_access_request('ada/gated', 'Eve', rejection_reason='no')
out['rejected'] = [len(list(ada.list_rejected_access_requests('ada/gated'))), ask(eve, Company='x', **{'I agree': True})]
ada.grant_access('ada/gated', 'lab')
out['org'] = get(bob)
out['foreign'] = fails(lambda: list(eve.list_pending_access_requests('ada/gated')))
ada.update_repo_settings('ada/gated', gated=False)
out['open'] = get(nobody)
print(json.dumps(out))
`)
    expect(found).toEqual({
      before: ['BadRequestError', 400],
      gated: 'manual',
      nobody: ['GatedRepoError', 401],
      eve: ['GatedRepoError', 403],
      owner: 'secret',
      readme: true,
      files: 3,
      check: [null, ['GatedRepoError', 403], ['GatedRepoError', 401]],
      write: ['HfHubHTTPError', 403],
      incomplete: 400,
      asked: 'pending',
      pending: [['Eve', 'pending', { Company: 'x', 'I agree': true }]],
      accepted: [['Eve'], 'secret'],
      twice: [
        ['HfHubHTTPError', 404],
        ['BadRequestError', 400],
      ],
      cancelled: ['GatedRepoError', 403],
      rejected: [1, 'rejected'],
      org: 'secret',
      foreign: ['HfHubHTTPError', 403],
      open: 'secret',
    })
  })

  test('behavior: an automatic gate lets in who asks, or only members of the organisations it names', async () => {
    await create('auto')
    await hub.commit([header(), file('w.txt', 'w')], 'ada/auto')
    const settings = (body: object) => hub.json('PUT', '/api/models/ada/auto/settings', body)
    const ask = async (token: string) => (await hub.json('POST', '/api/models/ada/auto/ask-access', {}, token)).json()
    const status = async (token: string) => (await hub.send('GET', '/ada/auto/resolve/main/w.txt', { token })).status
    await settings({ gated: 'auto', gate: { members: ['lab'] } })
    expect([await ask(tokens.bob), await ask(tokens.eve)]).toEqual([{ status: 'accepted' }, { status: 'pending' }])
    expect([await status(tokens.bob), await status(tokens.eve)]).toEqual([200, 403])
    await settings({ gate: {} })
    expect([await ask(tokens.eve), await status(tokens.eve)]).toEqual([{ status: 'accepted' }, 200])
    expect((await problem(await settings({ gate: { members: ['nobody-here'] } }))).code).toBe('bad_gate')
  })

  test('behavior: gated bytes go out no other way: not by LFS, not by hash, not by CID, not by a fork', async () => {
    await create('closed')
    const bytes = Buffer.from('gated weights of ada')
    const object = await hub.upload(bytes, 'ada/closed', tokens.ada)
    const made = await hub.commit(
      [header(), { key: 'lfsFile', value: { path: 'w.bin', algo: 'sha256', ...object } }],
      'ada/closed',
    )
    expect(made.status).toBe(200)
    const { db } = hub.context.catalog
    const [row] = await db.query.blobs.findMany({ where: (blob, { eq }) => eq(blob.sha256, object.oid) })
    expect(await Blob.isPublic(db, row?.cid ?? '')).toBe(true)
    await hub.json('PUT', '/api/models/ada/closed/settings', { gated: 'manual' })
    expect(await Blob.isPublic(db, row?.cid ?? '')).toBe(false)
    await create('mine', {}, tokens.eve)
    const stolen = await hub.commit(
      [header(), { key: 'lfsFile', value: { path: 'w.bin', algo: 'sha256', ...object } }],
      'Eve/mine',
      tokens.eve,
    )
    expect((await problem(stolen)).code).toBe('bytes_not_uploaded')
    const wish = { operation: 'download', transfers: ['basic'], objects: [object] }
    const batch = await hub.json('POST', '/ada/closed.git/info/lfs/objects/batch', wish, tokens.eve)
    expect(await problem(batch)).toMatchObject({ status: 403, header: 'GatedRepo' })
    const asked = await hub.send('GET', `/ada/closed.git/info/lfs/objects/${object.oid}`, { token: tokens.eve })
    expect(asked.status).toBe(403)
    // By its other name in a pull request of a stranger, or in any other revision, a file is no README.
    const readme = (revision: string) =>
      hub.send('GET', `/ada/closed/resolve/${revision}/README.md`, { token: tokens.eve })
    expect([(await readme('main')).status, (await readme('refs%2Fpr%2F1')).status]).toEqual([404, 403])
    const fork = await hub.json('POST', '/api/models/ada/closed/duplicate', { repository: 'Eve/closed' }, tokens.eve)
    expect(await problem(fork)).toMatchObject({ status: 403, header: 'GatedRepo' })
  })

  test('behavior: organisations, members, follows and likes as huggingface_hub lists them', async () => {
    const put = (user: string, role: string, token?: string) =>
      hub.json('PUT', `/api/organizations/guild/members/${user}`, { role }, token)
    expect(
      (await hub.json('POST', '/api/organizations', { name: 'guild', fullname: 'The Guild', details: 'makers' }))
        .status,
    ).toBe(200)
    expect((await problem(await hub.json('POST', '/api/organizations', { name: 'Guild' }))).code).toBe('name_taken')
    expect((await problem(await put('bob', 'write', tokens.eve))).code).toBe('not_an_admin')
    expect((await put('bob', 'contributor')).status).toBe(200)
    expect((await problem(await put('ada', 'read'))).code).toBe('last_admin')
    expect((await hub.json('POST', '/api/users/ada/follow', {}, tokens.eve)).status).toBe(200)
    expect((await hub.json('POST', '/api/organizations/guild/follow', {}, tokens.eve)).status).toBe(200)
    expect((await hub.send('GET', '/avatars/guild.svg')).headers.get('content-type')).toBe('image/svg+xml')
    const found = await run(`
def like(api, repo): post(api, '/api/models/' + repo + '/like')
ada.create_repo('guild/tool')
bob.create_repo('guild/own', private=True)
refused = fails(lambda: bob.upload_file(path_or_fileobj=b'x', path_in_repo='x', repo_id='guild/tool'))
bob.upload_file(path_or_fileobj=b'x', path_in_repo='x', repo_id='guild/own')
like(ada, 'guild/tool'); like(bob, 'guild/own'); like(bob, 'guild/tool')
org, user = eve.get_organization_overview('guild'), eve.get_user_overview('ada')
out = [refused, org.fullname, org.details, org.num_models, ada.get_organization_overview('guild').num_models, org.num_users, org.is_following, user.num_followers, [o.name for o in user.orgs],
  sorted(u.username for u in eve.list_organization_members('guild')), [u.username for u in eve.list_organization_followers('guild')],
  [u.username for u in eve.list_user_followers('ada')], [u.username for u in eve.list_user_following('Eve')],
  sorted(u.username for u in eve.list_repo_likers('guild/tool')), bob.list_liked_repos().total, eve.list_liked_repos('bob').models]
bob.unlike('guild/tool')
out += [ada.model_info('guild/tool').likes, sorted(o['name'] for o in bob.whoami()['orgs']),
  sorted((r.id, r.visibility) for r in bob.list_user_repos('guild')), fails(lambda: list(eve.list_user_repos('guild'))), len(list(ada.list_user_repos())) > 0]
print(json.dumps(out))
`)
    expect(found).toEqual([
      ...[['HfHubHTTPError', 403], 'The Guild', 'makers', 1, 2, 2, true, 1, ['guild', 'lab']],
      ...[['ada', 'bob'], ['Eve'], ['Eve'], ['guild', 'ada'], ['ada', 'bob'], 2, ['guild/tool'], 1, ['guild', 'lab']],
      ...[
        [
          ['guild/own', 'private'],
          ['guild/tool', 'public'],
        ],
        ['HfHubHTTPError', 403],
        true,
      ],
    ])
    expect((await hub.send('DELETE', '/api/organizations/guild/members/bob', { token: tokens.bob })).status).toBe(200)
    expect((await hub.send('GET', '/api/models/guild/own', { token: tokens.bob })).status).toBe(404)
  })

  test('behavior: collections of huggingface_hub, without what the reader may not see', async () => {
    const found = await run(`
made = ada.create_collection('Good ones', description='some', namespace='lab')
again = ada.create_collection('Good ones', namespace='lab', exists_ok=True)
ada.add_collection_item(made.slug, 'ada/open', 'model', note='fine')
full = ada.add_collection_item(made.slug, 'lab/secret', 'model')
ada.add_collection_item(made.slug, '2307.09288', 'paper')
same = fails(lambda: ada.add_collection_item(made.slug, 'ada/open', 'model'))
ada.add_collection_item(made.slug, 'ada/open', 'model', exists_ok=True)
ids = lambda api: [item.item_id for item in api.get_collection(made.slug).items]
last = ada.get_collection(made.slug).items[-1]
ada.update_collection_item(made.slug, last.item_object_id, position=0, note='first')
renamed = ada.update_collection_metadata(made.slug, title='Better ones', theme='green')
out = [again.slug == made.slug, [item.note for item in full.items], same, ids(bob), ids(eve), ids(nobody), renamed.title, renamed.theme, renamed.slug.rsplit('-', 1)[1] == made.slug.rsplit('-', 1)[1],
  [c.title for c in eve.list_collections(owner='lab')], [c.title for c in eve.list_collections(item='models/lab/secret')], [c.title for c in ada.list_collections(item='models/lab/secret')],
  fails(lambda: bob.update_collection_metadata(made.slug, title='mine')), fails(lambda: eve.add_collection_item(made.slug, 'lab/secret', 'model'))]
mine = eve.create_collection('Mine', private=True)
out += [fails(lambda: ada.get_collection(mine.slug)), fails(lambda: eve.add_collection_item(mine.slug, 'lab/secret', 'model')), fails(lambda: eve.add_collection_item(mine.slug, 'lab/absent', 'model'))]
ada.delete_collection_item(made.slug, last.item_object_id)
ada.delete_collection_item(made.slug, last.item_object_id, missing_ok=True)
ada.delete_collection(made.slug)
out += [fails(lambda: ada.get_collection(made.slug))]
print(json.dumps(out))
`)
    expect(found).toEqual([
      ...[true, ['fine', null], ['HfHubHTTPError', 409], ['2307.09288', 'ada/open', 'lab/secret']],
      ...[['2307.09288', 'ada/open'], ['2307.09288', 'ada/open'], 'Better ones', 'green', true],
      ...[['Better ones'], [], ['Better ones'], ['HfHubHTTPError', 403], ['HfHubHTTPError', 403]],
      ...[
        ['HfHubHTTPError', 404],
        ['RepositoryNotFoundError', 404],
        ['RepositoryNotFoundError', 404],
      ],
      ['HfHubHTTPError', 404],
    ])
  })

  test('behavior: @huggingface/hub creates with license and files, checks access and keeps collections', async () => {
    const at = { hubUrl: hub.url, accessToken: tokens.ada }
    const repo = { type: 'model' as const, name: 'ada/js' }
    await hf.createRepo({
      ...at,
      repo,
      license: 'mit',
      visibility: 'private',
      files: [{ path: 'a.txt', content: new globalThis.Blob(['a']) }],
    })
    const paths: string[] = []
    for await (const { path } of hf.listFiles({ ...at, repo })) paths.push(path)
    expect(paths.sort()).toEqual(['.gitattributes', 'README.md', 'a.txt'])
    await hf.checkRepoAccess({ ...at, repo })
    await expect(hf.checkRepoAccess({ hubUrl: hub.url, accessToken: tokens.eve, repo })).rejects.toThrow()
    const { slug } = await hf.createCollection({ ...at, collection: { title: 'JS', namespace: 'ada' } })
    for (const id of ['ada/js', 'ada/open']) {
      await hub.json('POST', `/api/collections/${slug}/items`, { item: { id, type: 'model' } })
    }
    const listed = []
    for await (const { slug: one, items } of hf.listCollections({
      hubUrl: hub.url,
      accessToken: tokens.eve,
      search: { owner: ['ada'] },
    })) {
      listed.push([one, items.length])
    }
    expect(listed).toEqual([[slug, 1]])
    await hf.deleteCollection({ ...at, slug })
    await hf.deleteRepo({ ...at, repo })
    await expect(hf.checkRepoAccess({ ...at, repo })).rejects.toThrow()
  })

  test('error: names that cannot be, are reserved, or were given up by others', async () => {
    for (const name of ['a--b', 'a..b', 'x.git', '-x', 'a b', 'a/b/c', 'ü', 'x'.repeat(97), '..', '']) {
      expect([name, (await create(name)).status]).toEqual([name, 400])
    }
    for (const name of ['api', 'Datasets', 'settings', 'admin', 'avatars']) {
      expect((await problem(await hub.json('POST', '/api/organizations', { name }))).code).toBe('name_taken')
    }
    const wrongCase = await fetch(`${hub.url}/ADA/Open/resolve/main/.gitattributes?x=1`, { redirect: 'manual' })
    expect([wrongCase.status, wrongCase.headers.get('location')]).toEqual([
      307,
      '/ada/open/resolve/main/.gitattributes?x=1',
    ])
  })

  test('behavior: an anchored repository is not moved, hidden or gated, and the answer says what is possible', async () => {
    await create('fixed')
    const { db } = hub.context.catalog
    const repo = await Repo.find(db, RepoId.parse('ada/fixed'))
    const version = {
      repoId: repo?.id ?? '',
      root: `0x${'1'.repeat(64)}`,
      manifestCid: 'cid',
      commit: repo?.head ?? '',
      parent: '0x',
      fileCount: 1,
      delegated: false,
    }
    await Version.record(db, version, new Date())
    const move = await hub.json('POST', '/api/repos/move', {
      fromRepo: 'ada/fixed',
      toRepo: 'ada/loose',
      type: 'model',
    })
    expect(await problem(move)).toMatchObject({ status: 409, code: 'repo_anchored' })
    for (const settings of [{ private: true }, { gated: 'auto' }, { visibility: 'protected' }]) {
      expect((await hub.json('PUT', '/api/models/ada/fixed/settings', settings)).status).toBe(409)
    }
  })

  test('behavior: protected is private under its own name; telemetry is dropped', async () => {
    await create('shown', { type: 'space', sdk: 'docker', visibility: 'protected' })
    const own = await (await hub.send('GET', '/api/settings/repositories', { token: tokens.ada })).json()
    expect(own).toContainEqual(expect.objectContaining({ id: 'ada/shown', type: 'space', visibility: 'protected' }))
    expect((await hub.send('GET', '/api/spaces/ada/shown', { token: tokens.eve })).status).toBe(404)
    expect((await hub.send('HEAD', '/api/telemetry/some/topic')).status).toBe(200)
    expect(await (await hub.send('GET', '/api/agent-harnesses')).json()).toEqual({})
  })

  test('error: likes, collections and requests for access while their repository is deleted are refused or gone with it', async () => {
    const people = [tokens.ada, tokens.bob, tokens.eve]
    for (let round = 0; round < 3; round += 1) {
      await create('fleeting')
      const at = '/api/models/ada/fleeting'
      const adding = people.flatMap((token) => [
        hub.json('POST', `${at}/like`, {}, token),
        hub.json('POST', `${at}/ask-access`, {}, token),
        hub.json('POST', '/api/collections', {
          ...{ title: `c${round}`, namespace: 'ada', item: { type: 'model', id: 'ada/fleeting' } },
        }),
        hub.json('POST', `${at}/discussions`, { title: 'x', description: 'y' }, token),
      ])
      const gone = hub.json('DELETE', '/api/repos/delete', { name: 'fleeting', organization: 'ada' })
      const answers = (await Promise.all([...adding, gone])).map(({ status }) => status)
      expect(answers.filter((status) => status >= 500)).toEqual([])
      expect((await hub.send('GET', at)).status).toBe(401)
    }
  })
})
