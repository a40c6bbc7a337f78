import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { storyClients } from '../../test/python.ts'
import { type TestHub, tokens } from './start-test-hub.ts'
import { type HubStory, startHubStory } from './test-huggingface.ts'

const prelude = `
from huggingface_hub import HfApi, CommitOperationAdd, CommitOperationCopy, CommitOperationDelete
api = HfApi(); bob = HfApi(token='${tokens.bob}'); eve = HfApi(token='${tokens.eve}'); nobody = HfApi(token=False)
def why(f):
  try: f(); return 'fine'
  except Exception as e: return [type(e).__name__, getattr(getattr(e, 'response', None), 'status_code', None)]
def put(path, text, repo, a=api, **more):
  return a.create_commit(repo, [CommitOperationAdd(path, text.encode())], commit_message='write ' + path, **more)
def read(path, repo, rev='main'): return open(api.hf_hub_download(repo, path, revision=rev)).read()
`

describe.each(storyClients)('huggingface_hub $version', (client) => {
  let hub: TestHub
  let dir: string
  let run: HubStory['run']
  beforeAll(async () => {
    ;({ hub, dir, run } = await startHubStory(client, prelude, { env: { HF_HUB_DISABLE_XET: '1' } }))
  }, 600_000)
  afterAll(() => hub?.stop())

  const haveGit = spawnSync('git', ['--version']).status === 0
  /** Clones with all refs and lets git check every object. */
  const clone = async (repo: string): Promise<(...args: string[]) => string> => {
    const into = join(dir, `clone-${repo.replaceAll('/', '-')}-${Date.now()}`)
    await promisify(execFile)('git', [
      'clone',
      '-q',
      '--mirror',
      `${hub.url.replace('://', `://ada:${tokens.ada}@`)}/${repo}`,
      into,
    ])
    const inside = (...args: string[]) =>
      execFileSync('git', args, { cwd: into, encoding: 'utf8', stdio: 'pipe' }).trim()
    expect(inside('fsck', '--strict', '--full')).toBe('')
    return inside
  }

  test('behavior: branches and tags are made, listed, read, committed to and deleted', async () => {
    const found = await run(`
api.create_repo('refs')
first = put('a.txt', 'one', 'ada/refs').oid
second = put('a.txt', 'two', 'ada/refs').oid
api.create_branch('ada/refs', branch='dev/next', revision=first)
api.create_branch('ada/refs', branch='short', revision=first[:8])
again = why(lambda: api.create_branch('ada/refs', branch='short'))
api.create_branch('ada/refs', branch='short', exist_ok=True)
inside = why(lambda: api.create_branch('ada/refs', branch='dev'))
api.create_tag('ada/refs', tag='v1', revision=first, tag_message='the first')
api.create_tag('ada/refs', tag='light', revision='dev/next')
api.create_tag('ada/refs', tag='v1', exist_ok=True)
third = put('b.txt', 'dev', 'ada/refs', revision='dev/next').oid
refs = api.list_repo_refs('ada/refs', include_pull_requests=True)
out = {
  'again': again, 'inside': inside, 'tag': why(lambda: api.create_tag('ada/refs', tag='v1')),
  'bad': [why(lambda n=n: api.create_branch('ada/refs', branch=n)) for n in ['a..b', 'x.lock', 'sp ace', '-x', 'refs/heads/x', 'é~1', 'HEAD', 'a'*300, first]],
  'missing': [why(lambda: api.create_branch('ada/refs', branch='z', revision='nope')), why(lambda: api.delete_branch('ada/refs', branch='nope')),
    why(lambda: api.delete_tag('ada/refs', tag='nope')), why(lambda: api.delete_branch('ada/refs', branch='main')), why(lambda: eve.create_branch('ada/refs', branch='e')),
    why(lambda: eve.delete_tag('ada/refs', tag='v1')), why(lambda: put('x', '1', 'ada/refs', revision='nope'))],
  'branches': sorted([b.name, b.ref, b.target_commit == {'main': second, 'short': first, 'dev/next': third}[b.name]] for b in refs.branches),
  'tags': sorted([t.name, t.target_commit == first] for t in refs.tags), 'prs': refs.pull_requests,
  'read': [read('a.txt', 'ada/refs', r) for r in ['main', 'dev/next', 'v1', 'light', first, first[:7], 'refs/heads/short', 'refs/tags/v1']],
  'head': api.model_info('ada/refs').sha == second,
  'commits': [[c.title for c in api.list_repo_commits('ada/refs', revision=r, formatted=True)] for r in ['dev/next', 'v1']],
}
api.delete_branch('ada/refs', branch='dev/next'); api.delete_tag('ada/refs', tag='v1')
left = api.list_repo_refs('ada/refs')
out['left'] = [sorted(b.name for b in left.branches), [t.name for t in left.tags], left.converts, left.pull_requests]
print(json.dumps(out))
`)
    const bad = ['BadRequestError', 400]
    expect(found).toEqual({
      again: ['HfHubHTTPError', 409],
      inside: ['HfHubHTTPError', 409],
      tag: ['HfHubHTTPError', 409],
      bad: Array(9).fill(bad),
      missing: [
        ['RevisionNotFoundError', 404],
        ['RevisionNotFoundError', 404],
        ['RevisionNotFoundError', 404],
        ['HfHubHTTPError', 403],
        ['HfHubHTTPError', 403],
        ['HfHubHTTPError', 403],
        ['RevisionNotFoundError', 404],
      ],
      branches: [
        ['dev/next', 'refs/heads/dev/next', true],
        ['main', 'refs/heads/main', true],
        ['short', 'refs/heads/short', true],
      ],
      tags: [
        ['light', true],
        ['v1', true],
      ],
      prs: [],
      read: ['two', 'one', 'one', 'one', 'one', 'one', 'one', 'one'],
      head: true,
      commits: [
        ['write b.txt', 'write a.txt', 'initial commit'],
        ['write a.txt', 'initial commit'],
      ],
      left: [['main', 'short'], ['light'], [], null],
    })
  })

  test('behavior: somebody who may only read opens a pull request, the owner merges it', async () => {
    const found = await run(`
api.create_repo('open')
put('README.md', '---\\nlicense: mit\\n---\\n' + '\\n'.join(f'line {i}' for i in range(20)) + '\\n', 'ada/open')
made = put('README.md', '---\\nlicense: apache-2.0\\n---\\n' + '\\n'.join(f'line {i}' for i in range(20)) + '\\n', 'ada/open', eve, create_pr=True, commit_description='because')
more = put('eve.txt', 'hi', 'ada/open', eve, revision='refs/pr/1')
put('README.md', '---\\nlicense: mit\\n---\\n' + '\\n'.join(f'line {i}' for i in range(19)) + '\\nlast\\n', 'ada/open')
pr = api.get_discussion_details('ada/open', 1)
out = {
  'made': [made.pr_num, made.pr_revision, made.pr_url],
  'refused': [why(lambda: put('x', '1', 'ada/open', eve)), why(lambda: put('x', '1', 'ada/open', bob, revision='refs/pr/1')), why(lambda: put('x', '1', 'ada/open', nobody, create_pr=True)),
    why(lambda: eve.merge_pull_request('ada/open', 1)), why(lambda: put('x', '1', 'ada/open', eve, revision='refs/pr/9'))],
  'pr': [pr.title, pr.status, pr.author, pr.is_pull_request, pr.target_branch, pr.conflicting_files, pr.merge_commit_oid, pr.git_reference],
  'events': [[e.type, e.author] for e in pr.events],
  'diff': pr.diff,
  'before': api.model_info('ada/open').card_data.license,
  'pulls': [r.ref for r in api.list_repo_refs('ada/open', include_pull_requests=True).pull_requests],
  'at': read('eve.txt', 'ada/open', 'refs/pr/1'),
}
api.merge_pull_request('ada/open', 1, comment='thank you')
pr = api.get_discussion_details('ada/open', 1)
info = api.model_info('ada/open')
out['merged'] = [pr.status, pr.merge_commit_oid == info.sha, info.card_data.license, read('README.md', 'ada/open').splitlines()[-1], read('eve.txt', 'ada/open'), len(pr.diff) > 0]
out['after'] = [e.type for e in pr.events][-2:]
out['history'] = [c.title for c in api.list_repo_commits('ada/open')]
out['again'] = [why(lambda: api.merge_pull_request('ada/open', 1)), why(lambda: put('x', '1', 'ada/open', eve, revision='refs/pr/1')), why(lambda: api.change_discussion_status('ada/open', 1, 'open'))]
out['last'] = {t.path: t.last_commit.title for t in api.list_repo_tree('ada/open', expand=True)}
print(json.dumps(out))
`)
    expect(found).toMatchObject({
      made: [1, 'refs/pr/1', `${hub.url}/ada/open/discussions/1`],
      refused: [
        ['HfHubHTTPError', 403],
        ['HfHubHTTPError', 403],
        ['HfHubHTTPError', 401],
        ['HfHubHTTPError', 403],
        ['RevisionNotFoundError', 404],
      ],
      pr: ['write README.md', 'open', 'Eve', true, 'refs/heads/main', [], null, 'refs/pr/1'],
      events: [
        ['comment', 'Eve'],
        ['commit', 'Eve'],
        ['status-change', 'Eve'],
        ['commit', 'Eve'],
      ],
      before: 'mit',
      pulls: ['refs/pr/1'],
      at: 'hi',
      merged: ['merged', true, 'apache-2.0', 'last', 'hi', true],
      after: ['comment', 'status-change'],
      again: [
        ['HfHubHTTPError', 409],
        ['HfHubHTTPError', 409],
        ['HfHubHTTPError', 409],
      ],
    })
    const { diff, history, last } = found as { diff: string; history: string[]; last: Record<string, string> }
    expect(diff.replace(/[0-9a-f]{40}/g, 'oid')).toBe(`diff --git a/README.md b/README.md
index oid..oid 100644
--- a/README.md
+++ b/README.md
@@ -1,5 +1,5 @@
 ---
-license: mit
+license: apache-2.0
 ---
 line 0
 line 1
diff --git a/eve.txt b/eve.txt
new file mode 100644
index oid..oid
--- /dev/null
+++ b/eve.txt
@@ -0,0 +1,1 @@
+hi
\\ No newline at end of file
`)
    expect(history[0]).toBe('write README.md (#1)')
    expect([...history].sort()).toEqual(
      [
        'initial commit',
        'write README.md',
        'write README.md',
        'write README.md',
        'write README.md (#1)',
        'write eve.txt',
      ].sort(),
    )
    expect(last).toEqual({
      '.gitattributes': 'initial commit',
      'README.md': 'write README.md (#1)',
      'eve.txt': 'write README.md (#1)',
    })
    if (!haveGit) return
    const git = await clone('ada/open')
    expect(git('rev-list', '--parents', '-1', 'main').split(' ').length).toBe(3)
  })

  test('behavior: discussions are opened, answered, edited, hidden, renamed, closed and listed', async () => {
    const found = await run(`
import warnings; warnings.simplefilter('ignore')
api.create_repo('talk')
d = eve.create_discussion('ada/talk', title='  Why? ', description='<script>alert(1)</script> & "more"')
c = bob.comment_discussion('ada/talk', 1, 'I **know**')
e = bob.edit_discussion_comment('ada/talk', 1, c.id, 'I knew')
for i in range(3): bob.create_pull_request('ada/talk', title=f'pull {i}')
r = eve.rename_discussion('ada/talk', 1, 'Because')
out = {
  'first': [d.title, d.status, d.author, d.events[0].content, d.events[0].rendered, d.diff, d.conflicting_files, d.url],
  'edited': [e.content, e.edited, e.number_of_edits, e.last_edited_by, e.edit_history[0]['raw']],
  'renamed': [r.old_title, r.new_title],
  'refused': [why(lambda: eve.edit_discussion_comment('ada/talk', 1, c.id, 'x')), why(lambda: bob.rename_discussion('ada/talk', 1, 'x')), why(lambda: bob.change_discussion_status('ada/talk', 1, 'closed')),
    why(lambda: HfApi(token='${tokens.adaRead}').comment_discussion('ada/talk', 1, 'x')), why(lambda: nobody.comment_discussion('ada/talk', 1, 'x')), why(lambda: api.get_discussion_details('ada/talk', 77)),
    why(lambda: eve.comment_discussion('ada/talk', 1, '')), why(lambda: eve.comment_discussion('ada/talk', 1, 'a\\0b')), why(lambda: api.merge_pull_request('ada/talk', 1)), why(lambda: api.merge_pull_request('ada/talk', 2)),
    why(lambda: api.edit_discussion_comment('ada/talk', 2, c.id, 'x'))],
}
h = api.hide_discussion_comment('ada/talk', 1, c.id)
s = eve.change_discussion_status('ada/talk', 1, 'closed', comment='done')
details = api.get_discussion_details('ada/talk', 1)
out['hidden'] = [h.hidden, 'knew' in json.dumps([e._event for e in details.events])]
out['closed'] = [s.new_status, details.status, [e.type for e in details.events]]
out['lists'] = [[[x.num, x.status, x.is_pull_request] for x in api.get_repo_discussions('ada/talk', **q)] for q in [{}, {'discussion_type': 'discussion'}, {'discussion_status': 'closed'}, {'author': 'BOB', 'discussion_type': 'pull_request'}, {'author': 'nobody'}]]
print(json.dumps(out))
`)
    expect(found).toEqual({
      first: [
        'Why?',
        'open',
        'Eve',
        '<script>alert(1)</script> & "more"',
        '<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;</p>',
        null,
        null,
        `${hub.url}/ada/talk/discussions/1`,
      ],
      edited: ['I knew', true, 1, 'bob', 'I **know**'],
      renamed: ['Why?', 'Because'],
      refused: [
        ['HfHubHTTPError', 403],
        ['HfHubHTTPError', 403],
        ['HfHubHTTPError', 403],
        ['HfHubHTTPError', 403],
        ['HfHubHTTPError', 401],
        ['HfHubHTTPError', 404],
        ['BadRequestError', 400],
        ['BadRequestError', 400],
        ['HfHubHTTPError', 409],
        ['HfHubHTTPError', 409],
        ['HfHubHTTPError', 404],
      ],
      hidden: [true, false],
      closed: ['closed', 'closed', ['comment', 'comment', 'title-change', 'comment', 'status-change']],
      lists: [
        [
          [4, 'draft', true],
          [3, 'draft', true],
          [2, 'draft', true],
          [1, 'closed', false],
        ],
        [[1, 'closed', false]],
        [[1, 'closed', false]],
        [
          [4, 'draft', true],
          [3, 'draft', true],
          [2, 'draft', true],
        ],
        [],
      ],
    })
  })

  test('behavior: what conflicts is named and not merged; a private repository talks to nobody else', async () => {
    const found = await run(`
api.create_repo('clash')
api.create_commit('ada/clash', [CommitOperationAdd('t.txt', b'a\\nb\\nc\\n'), CommitOperationAdd('w.bin', b'\\0one'), CommitOperationAdd('gone.txt', b'x')], commit_message='base')
pr = eve.create_pull_request('ada/clash', title='clash')
draft = pr.status
eve.create_commit('ada/clash', [CommitOperationAdd('t.txt', b'a\\nE\\nc\\n'), CommitOperationAdd('w.bin', b'\\0two'), CommitOperationDelete('gone.txt'), CommitOperationAdd('fine.txt', b'f')], commit_message='theirs', revision='refs/pr/1')
api.create_commit('ada/clash', [CommitOperationAdd('t.txt', b'a\\nA\\nc\\n'), CommitOperationAdd('w.bin', b'\\0three'), CommitOperationAdd('gone.txt', b'y')], commit_message='ours')
before = api.model_info('ada/clash').sha
out = {'draft': draft, 'status': api.get_discussion_details('ada/clash', 1).status, 'conflicts': api.get_discussion_details('ada/clash', 1).conflicting_files,
  'merge': why(lambda: api.merge_pull_request('ada/clash', 1)), 'same': before == api.model_info('ada/clash').sha}
api.create_repo('lab/inside', private=True)
put('s.txt', 'secret', 'lab/inside')
api.create_discussion('lab/inside', title='secret talk')
def both(f): return [why(lambda: f(eve, 'lab/inside')) == why(lambda: f(eve, 'lab/nothing')), why(lambda: f(nobody, 'lab/inside')) == why(lambda: f(nobody, 'lab/nothing')), why(lambda: f(eve, 'lab/inside'))]
out['private'] = [both(f) for f in [
  lambda a, r: list(a.get_repo_discussions(r)), lambda a, r: a.get_discussion_details(r, 1), lambda a, r: a.create_discussion(r, title='x'), lambda a, r: a.comment_discussion(r, 1, 'x'),
  lambda a, r: a.list_repo_refs(r), lambda a, r: list(a.list_repo_commits(r)), lambda a, r: a.create_branch(r, branch='x'), lambda a, r: a.create_tag(r, tag='x'), lambda a, r: a.merge_pull_request(r, 1),
  lambda a, r: put('x', '1', r, a, create_pr=True), lambda a, r: a.super_squash_history(r), lambda a, r: list(a.list_lfs_files(r))]]
out['member'] = [bob.create_pull_request('lab/inside', title='from a reader').num, why(lambda: bob.merge_pull_request('lab/inside', 2))]
print(json.dumps(out))
`)
    const gone = [true, true, ['RepositoryNotFoundError', 404]]
    expect(found).toEqual({
      draft: 'draft',
      status: 'open',
      conflicts: ['gone.txt', 't.txt', 'w.bin'],
      merge: ['HfHubHTTPError', 409],
      same: true,
      private: Array(12).fill(gone),
      member: [2, ['HfHubHTTPError', 403]],
    })
  })

  test('behavior: squashing, copies, parents, races, large files and webhooks by their client calls', async () => {
    const found = await run(`
from concurrent.futures import ThreadPoolExecutor
api.create_repo('work')
big = os.urandom(300000)
api.create_commit('ada/work', [CommitOperationAdd('w/big.bin', big), CommitOperationAdd('t.txt', b't')], commit_message='one')
base = api.model_info('ada/work').sha
api.create_commit('ada/work', [CommitOperationCopy('w/big.bin', 'copy.bin'), CommitOperationCopy('t.txt', 'u.txt', src_revision=base), CommitOperationDelete('w', is_folder=False)], commit_message='two')
files = api.list_repo_files('ada/work')
def late(i): return why(lambda: put(f'race/{i}', str(i), 'ada/work', parent_commit=head))
head = api.model_info('ada/work').sha
with ThreadPoolExecutor(6) as pool: raced = list(pool.map(late, range(6)))
with ThreadPoolExecutor(6) as pool: free = list(pool.map(lambda i: why(lambda: put(f'free/{i}', str(i), 'ada/work')), range(6)))
out = {
  'files': files, 'raced': [raced.count('fine'), raced.count(['HfHubHTTPError', 412])], 'free': free.count('fine'),
  'after': len([f for f in api.list_repo_files('ada/work') if f.startswith('free/')]),
  'short': why(lambda: put('s', 's', 'ada/work', parent_commit=api.model_info('ada/work').sha[:10])),
  'lfs': [[f.filename, f.size, f.ref, f.oid == f.file_oid] for f in api.list_lfs_files('ada/work')],
  'eve': why(lambda: list(eve.list_lfs_files('ada/work'))),
}
api.create_branch('ada/work', branch='keep', revision=base)
before = api.list_repo_tree('ada/work', recursive=True)
tree = sorted((t.path, getattr(t, 'blob_id', None)) for t in before)
api.super_squash_history('ada/work', commit_message='all in one')
out['squashed'] = [[c.title for c in api.list_repo_commits('ada/work')], tree == sorted((t.path, getattr(t, 'blob_id', None)) for t in api.list_repo_tree('ada/work', recursive=True)), why(lambda: api.super_squash_history('ada/work', branch='nope')), why(lambda: eve.super_squash_history('ada/work'))]
api.permanently_delete_lfs_files('ada/work', api.list_lfs_files('ada/work'))
out['deleted'] = [list(api.list_lfs_files('ada/work')), 'copy.bin' in api.list_repo_files('ada/work'), api.list_repo_files('ada/work', revision='keep'), why(lambda: api.hf_hub_download('ada/work', 'copy.bin'))]
api.create_commit('ada/work', [CommitOperationAdd('again.bin', big)], commit_message='again')
api.permanently_delete_lfs_files('ada/work', api.list_lfs_files('ada/work'), rewrite_history=False)
out['pointer'] = open(api.hf_hub_download('ada/work', 'again.bin')).read().splitlines()[0]
api.create_commit('ada/work', [CommitOperationAdd('again.bin', big + b'1')], commit_message='other')
api.create_commit('ada/work', [CommitOperationAdd('again.bin', big)], commit_message='back')
out['back'] = open(api.hf_hub_download('ada/work', 'again.bin', force_download=True), 'rb').read() == big
hook = api.create_webhook(url='https://hooks.example/x', watched=[{'type': 'model', 'name': 'ada/work'}], secret='s')
api.update_webhook(hook.id, domains=['repo'])
out['hook'] = [hook.domains, [[w.type, w.name] for w in hook.watched], api.get_webhook(hook.id).domains, api.disable_webhook(hook.id).disabled, api.enable_webhook(hook.id).disabled, len(api.list_webhooks())]
api.delete_webhook(hook.id)
out['gone'] = [why(lambda: api.get_webhook(hook.id)), api.list_webhooks()]
print(json.dumps(out))
`)
    expect(found).toEqual({
      files: ['.gitattributes', 'copy.bin', 't.txt', 'u.txt'],
      raced: [1, 5],
      free: 6,
      after: 6,
      short: 'fine',
      lfs: [['w/big.bin', 300_000, 'refs/heads/main', true]],
      eve: ['HfHubHTTPError', 403],
      squashed: [['all in one'], true, ['RevisionNotFoundError', 404], ['HfHubHTTPError', 403]],
      deleted: [[], false, ['.gitattributes', 't.txt'], ['RemoteEntryNotFoundError', 404]],
      pointer: 'version https://git-lfs.github.com/spec/v1',
      back: true,
      hook: [['repo', 'discussions'], [['model', 'ada/work']], ['repo'], true, false, 1],
      gone: [['HfHubHTTPError', 404], []],
    })
    if (haveGit) await clone('ada/work')
  })

  test('behavior: two revisions are compared, as JSON and as one patch that git applies', async () => {
    const patch = async (range: string, query = '') => fetch(`${hub.url}/api/models/ada/diff/compare/${range}${query}`)
    await run(`
api.create_repo('diff')
api.create_commit('ada/diff', [CommitOperationAdd('a/t.txt', b'1\\n2\\n3\\n'), CommitOperationAdd('old.txt', b'same words'), CommitOperationAdd('gone.txt', b'bye\\n'), CommitOperationAdd('b.bin', b'\\0\\1')], commit_message='base')
api.create_branch('ada/diff', branch='v/2')
api.create_commit('ada/diff', [CommitOperationAdd('a/t.txt', b'1\\nzwei\\n3\\n'), CommitOperationDelete('old.txt'), CommitOperationAdd('new.txt', b'same words'), CommitOperationDelete('gone.txt'), CommitOperationAdd('b.bin', b'\\0\\2')], commit_message='next', revision='v/2')
put('main.txt', 'only here', 'ada/diff')
print('1')
`)
    const three = (await (await patch('main...v%2F2')).json()) as { files: { path: string; status: string }[] }
    expect(three.files.map(({ path, status }) => [path, status])).toEqual([
      ['a/t.txt', 'modified'],
      ['b.bin', 'modified'],
      ['gone.txt', 'removed'],
      ['new.txt', 'renamed'],
    ])
    expect(three).toMatchObject({ truncated: false, head: { title: 'next' } })
    const two = (await (await patch('main..v%2F2')).json()) as { files: { path: string }[] }
    expect(two.files.map(({ path }) => path)).toContain('main.txt')
    for (const bad of ['main', 'main...', '...main', 'main...nope', 'x..%00']) {
      expect([400, 404]).toContain((await patch(bad)).status)
    }
    expect((await patch('main...refs%2Fheads%2Fv%2F2', '?raw=true')).headers.get('content-type')).toContain(
      'text/plain',
    )
    if (!haveGit) return
    await run(`api.create_commit('ada/diff', [CommitOperationDelete('b.bin')], commit_message='no binary', revision='v/2')
api.create_commit('ada/diff', [CommitOperationDelete('b.bin')], commit_message='no binary'); print(1)`)
    const text = await (await patch('main..v%2F2', '?raw=true')).text()
    const git = await clone('ada/diff')
    const work = join(dir, 'work-diff')
    git('worktree', 'add', '-q', '--detach', work, 'main')
    execFileSync('git', ['apply', '--index', '-'], { cwd: work, input: text })
    const tree = execFileSync('git', ['write-tree'], { cwd: work, encoding: 'utf8' }).trim()
    expect(tree).toBe(git('rev-parse', 'v/2^{tree}'))
  })
})
