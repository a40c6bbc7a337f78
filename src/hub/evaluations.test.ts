import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hubClients } from '../../test/python.ts'
import { Evaluation, Repo } from '../catalog/index.ts'
import { type Manifest, RepoId } from '../core/index.ts'
import { tokens } from './start-test-hub.ts'
import { type HubStory, startHubStory } from './test-huggingface.ts'

let story: HubStory
let hub: HubStory['hub']
beforeAll(async () => {
  const prelude =
    'from huggingface_hub import CommitOperationAdd, EvalResult, HfApi, ModelCard, ModelCardData\napi = HfApi()\n'
  story = await startHubStory(hubClients[0], prelude)
  hub = story.hub
}, 600_000)
afterAll(() => hub?.stop())

const ask = async (path: string, token?: string) => {
  const answer = await fetch(hub.url + path, { headers: token ? { authorization: `Bearer ${token}` } : {} })
  return { status: answer.status, body: await answer.json() }
}
const evalsOf = async (name: string, token?: string) =>
  (await ask(`/api/dehug/models/${name}/evaluations`, token)).body.results
const board = async (query = '') => (await ask(`/api/dehug/leaderboards?kind=evals&period=all${query}`)).body
const briefly = (evals: Evaluation.Result[]) =>
  evals.map(({ dataset, metric, value }) => `${dataset} ${metric} ${value}`)
const card = (yaml: string) => `---\nlicense: mit\nmodel-index:\n${yaml}\n---\n# A model\n`
const result = (dataset: string, metric: string, value: string) =>
  `- {name: m, results: [{task: {type: t}, dataset: {type: ${dataset}, name: D}, metrics: [{type: ${metric}, value: ${value}, verified: true}]}]}`
const upload = (name: string, text: string, made = 'exist_ok=True') =>
  story.run(`
api.create_repo('${name}', ${made})
api.create_commit('${name}', [CommitOperationAdd('README.md', ${JSON.stringify(text)}.encode())], commit_message='card')
print('null')`)

test('behavior: a card that huggingface_hub pushes tells its results, as the word of its author', async () => {
  const commit = await story.run(`
results = [
  EvalResult(task_type='text-classification', dataset_type='nyu-mll/glue', dataset_name='GLUE', dataset_config='mrpc',
    dataset_split='validation', metric_type='accuracy', metric_value=0.875, verified=True, verify_token='e30'),
  EvalResult(task_type='text-classification', dataset_type='imdb', dataset_name='IMDb', metric_type='f1', metric_value=0.5),
]
api.create_repo('judged')
data = ModelCardData(license='mit', model_name='judged', eval_results=results)
card = ModelCard(f'---\\n{data.to_yaml()}\\n---\\n')
api.upload_file(path_or_fileobj=str(card).encode(), path_in_repo='README.md', repo_id='ada/judged')
print(json.dumps(api.model_info('ada/judged').sha))`)
  const word = { source: 'card', verified: false, datasetSha256: null, root: null, runner: null, commit }
  const glue = {
    task: 'text-classification',
    dataset: 'nyu-mll/glue:mrpc[validation]',
    metric: 'accuracy',
    value: 0.875,
  }
  expect(await evalsOf('ada/judged')).toEqual([
    { ...glue, ...word },
    { task: 'text-classification', dataset: 'imdb', metric: 'f1', value: 0.5, ...word },
  ])
  const { source, entries } = await board('&dataset=nyu-mll/GLUE')
  expect({ source, entries }).toEqual({
    source: 'statements',
    entries: [{ rank: 1, repo: 'model:ada/judged', ...glue, ...word }],
  })
  expect((await board('&source=manifest')).entries).toEqual([])
  expect((await ask('/api/dehug/leaderboards?kind=evals&source=rumour')).status).toBe(400)
})

test('behavior: the results are those of the head, whichever way a commit comes', async () => {
  await upload('ada/moving', card(result('imdb', 'f1', '0.1')))
  expect(briefly(await evalsOf('ada/moving'))).toEqual(['imdb f1 0.1'])
  const git = (...args: string[]) =>
    promisify(execFile)('git', args, { cwd: story.dir, env: { ...process.env, HOME: story.dir } })
  await git('clone', '-q', `${hub.url.replace('//', `//ada:${tokens.ada}@`)}/ada/moving`, 'moving')
  const commitCard = async (text: string) => {
    await writeFile(join(story.dir, 'moving/README.md'), text)
    const who = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.org']
    await git('-C', 'moving', ...who, 'commit', '-qam', 'card')
    await git('-C', 'moving', 'push', '-q')
  }
  await commitCard(card(result('squad', 'f1', '"0.2"')))
  expect(briefly(await evalsOf('ada/moving'))).toEqual(['squad f1 0.2'])
  await upload('ada/moving', card(result('squad', 'f1', '0.3')))
  expect(briefly(await evalsOf('ada/moving'))).toEqual(['squad f1 0.3'])
  await story.run(`api.duplicate_repo('ada/moving', 'ada/copied')\nprint('null')`)
  await git('-C', 'moving', 'pull', '-q')
  for (const garbage of [
    '- [[1, {results: 7}]]',
    '- {results: [{dataset: "x", metrics: [{type: m, value: .nan}]}]}',
    '  : : :',
    '- *a',
  ])
    await commitCard(card(garbage))
  expect(await evalsOf('ada/moving')).toEqual([])
  expect(briefly(await evalsOf('ada/copied'))).toEqual(['squad f1 0.3'])
})

test('behavior: a private model has no results for others, and a deleted one has none', async () => {
  await upload('ada/hidden', card(result('secret', 'f1', '0.9')), 'private=True')
  expect(briefly(await evalsOf('ada/hidden', tokens.ada))).toEqual(['secret f1 0.9'])
  const unknown = JSON.stringify(await ask('/api/dehug/models/ada/nothing/evaluations')).replaceAll('nothing', 'hidden')
  expect(await ask('/api/dehug/models/ada/hidden/evaluations')).toEqual(JSON.parse(unknown))
  expect((await board('&dataset=secret')).entries).toEqual([])
  await upload('ada/going', card(result('going', 'f1', '0.9')))
  expect((await board('&dataset=going')).entries).toHaveLength(1)
  await story.run(`api.delete_repo('ada/going')\nprint('null')`)
  expect((await board('&dataset=going')).entries).toEqual([])
  const left = await hub.context.catalog.pool.query(`select 1 from catalog.evaluations where dataset = 'going'`)
  expect(left.rowCount).toBe(0)
})

test('behavior: what a signed manifest says stands as signed, and what its card repeats stands once', async () => {
  const { db } = hub.context.catalog
  const yaml = `${result('imdb', 'f1', '0.4')}\n${result('imdb', 'loss', '0.7')}`
  await upload('ada/signed', card(yaml))
  const repo = (await Repo.find(db, RepoId.parse('ada/signed'))) as Repo.Repo
  const [root, author] = [`0x${'12'.repeat(32)}`, `0x${'34'.repeat(20)}`]
  const evals = [{ task: 't', dataset: 'imdb', metric: 'f1', value: 0.4 }]
  await Evaluation.attest(
    db,
    repo.id,
    { root, author, commit: repo.head, evals } as unknown as Manifest.Manifest,
    new Date(),
  )
  expect(await evalsOf('ada/signed')).toMatchObject([
    { metric: 'f1', source: 'manifest', root, runner: author, verified: false },
    { metric: 'loss', source: 'card', root: null, runner: null },
  ])
  expect((await board('&dataset=imdb&source=manifest')).entries).toMatchObject([
    { repo: 'model:ada/signed', value: 0.4 },
  ])
})
