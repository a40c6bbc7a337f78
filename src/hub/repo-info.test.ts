import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { datasetInfo, listDatasets, listModels, listSpaces, modelInfo } from '@huggingface/hub'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pythonOf, storyClients } from '../../test/python.ts'
import { startTestHub, type TestHub, tokens } from './start-test-hub.ts'

const fixtures = join(import.meta.dirname, '../../fixtures')

describe.each(storyClients)('huggingface_hub $version', (client) => {
  let hub: TestHub
  let interpreter: string
  beforeAll(async () => {
    interpreter = await pythonOf(client)
    hub = await startTestHub()
    await fill()
  }, 600_000)
  afterAll(() => hub?.stop())

  const send = (path: string, init: RequestInit = {}, token: string | null = tokens.ada) =>
    fetch(hub.url + path, {
      ...init,
      headers: { ...init.headers, ...(token ? { authorization: `Bearer ${token}` } : {}) },
    })

  const get = async (path: string, token: string | null = null) => (await send(path, {}, token)).json()
  const names = async (path: string, token: string | null = null): Promise<string[]> =>
    (await get(path, token)).map(({ id }: { id: string }) => id)

  type Kind = 'model' | 'dataset' | 'space'

  const make = async (
    id: string,
    files: Record<string, string | Buffer>,
    type: Kind = 'model',
    visibility = 'public',
  ) => {
    const [organization, name] = id.split('/')
    const wish = { name, organization, type, visibility, ...(type === 'space' ? { sdk: 'gradio' } : {}) }
    const made = await send('/api/repos/create', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(wish),
    })
    expect(made.status).toBe(200)
    return commit(id, files, type)
  }

  const commit = async (id: string, files: Record<string, string | Buffer>, type: Kind = 'model') => {
    const lines = [
      { key: 'header', value: { summary: 'files' } },
      ...Object.entries(files).map(([path, content]) => ({
        key: 'file',
        value: { path, content: Buffer.from(content).toString('base64'), encoding: 'base64' },
      })),
    ]
    const done = await send(`/api/${type}s/${id}/commit/main`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.map((line) => JSON.stringify(line)).join('\n'),
    })
    expect([id, done.status]).toEqual([id, 200])
  }

  const card = (yaml: string, text = '') => `---\n${yaml}\n---\n${text}`

  /** A safetensors file of this many BF16 weights. */
  const weights = (count: number): Buffer => {
    const header = Buffer.from(JSON.stringify({ w: { dtype: 'BF16', shape: [count], data_offsets: [0, count * 2] } }))
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(header.length))
    return Buffer.concat([length, header, Buffer.alloc(count * 2)])
  }

  const fill = async () => {
    const chat = (path: string) => readFile(join(fixtures, 'dehug-tiny-chat', path))
    await make('ada/chat', {
      'README.md': card(
        'license: apache-2.0\nlanguage: [en]\nlibrary_name: transformers\nwidget: [{text: hi}]\ndatasets: [ada/table]',
      ),
      'config.json': await chat('config.json'),
      'tokenizer_config.json': await chat('tokenizer_config.json'),
      'model.safetensors': await chat('model.safetensors'),
      'chat-q8_0.gguf': await chat('dehug-tiny-chat-q8_0.gguf'),
    })
    await make('ada/mask', {
      'README.md': card(
        'license: mit\nbase_model: ada/chat\nlanguage: fr\nmodel-index: [{name: m, results: []}]',
        'https://arxiv.org/abs/2401.00001',
      ),
      'config.json': '{"architectures":["BertForMaskedLM"],"model_type":"bert"}',
      'special_tokens_map.json': '{"mask_token":"[MASK]"}',
      'model-00001-of-00002.safetensors': weights(10),
      'model-00002-of-00002.safetensors': weights(20),
      'model.safetensors.index.json':
        '{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}',
      '.eval_results/a.yaml': '- dataset: {id: ada/table, task_id: x}\n  value: 20.9\n',
    })
    for (let i = 0; i < 5; i++)
      await make(`ada/small-${i}`, { 'README.md': card('tags: [small]\npipeline_tag: translation') })
    await make('lab/hidden', { 'README.md': card('tags: [small, secret]\nbase_model: ada/chat') }, 'model', 'private')
    await make(
      'ada/table',
      {
        'README.md': card(
          'license: mit\ntask_categories: [question-answering]\nlanguage: en',
          '# Table\nNumbers.\n\n```bibtex\n@misc{t}\n```\n',
        ),
        'train.csv': 'a,b\n1,2\n',
      },
      'dataset',
    )
    await make(
      'ada/show',
      { 'README.md': card('sdk: gradio\nmodels: [ada/chat]\ntags: [demo]'), 'app.py': '' },
      'space',
    )
    await make('lab/closed', { 'README.md': card('sdk: gradio\nmodels: [ada/chat]') }, 'space', 'private')
  }

  /** Runs a script against the hub; it prints one JSON value as its last line. */
  const run = async (script: string, token = tokens.ada): Promise<unknown> => {
    const prelude = `
import json
from huggingface_hub import HfApi
from huggingface_hub.errors import *
api = HfApi()
def ids(items): return sorted(item.id for item in items)
`
    const { stdout } = await promisify(execFile)(interpreter, ['-c', prelude + script], {
      env: {
        PATH: process.env.PATH,
        HOME: hub.dir,
        HF_HOME: join(hub.dir, 'hf'),
        HF_ENDPOINT: hub.url,
        HF_TOKEN: token,
      },
      maxBuffer: 1e7,
    })
    return JSON.parse(stdout.trim().split('\n').at(-1) as string)
  }

  test('behavior: model_info tells what headers, tokenizer and card say', async () => {
    const found = await run(`
chat = api.model_info('ada/chat', securityStatus=True)
mask = api.model_info('ada/mask')
print(json.dumps({
  'chat': [chat.pipeline_tag, chat.library_name, list(chat.safetensors.parameters), chat.safetensors.total > 1000, chat.safetensors.total == chat.gguf['total'],
    chat.gguf['architecture'], chat.gguf['context_length'], chat.config['tokenizer_config']['eos_token'], 'chat_template' in chat.config['tokenizer_config'],
    chat.transformers_info.auto_model, chat.spaces, chat.widget_data, chat.security_repo_status['scansDone'], chat.used_storage > 8000000, chat.gated],
  'tags': chat.tags,
  'mask': [mask.pipeline_tag, mask.mask_token, mask.safetensors.parameters, mask.model_index[0]['name'], mask.eval_results[0].value, 'arxiv:2401.00001' in mask.tags],
  'anchored': chat.dehug['anchored'], 'inference': chat.inference,
}))
`)
    expect(found).toEqual({
      chat: [
        ...[
          'text-generation',
          'transformers',
          ['F16'],
          true,
          true,
          'llama',
          512,
          '<|end|>',
          true,
          'AutoModelForCausalLM',
        ],
        ...[['ada/show'], [{ text: 'hi' }], false, true, false],
      ],
      tags: [
        ...[
          'transformers',
          'safetensors',
          'gguf',
          'llama',
          'text-generation',
          'conversational',
          'en',
          'dataset:ada/table',
        ],
        ...['license:apache-2.0', 'region:us'],
      ],
      mask: ['fill-mask', '[MASK]', { BF16: 30 }, 'm', 20.9, true],
      anchored: false,
      inference: null,
    })
  })

  test('behavior: each expand of each kind is answered with that property alone, and no other name is taken', async () => {
    const found = await run(
      `
import typing
from huggingface_hub import hf_api, constants
from huggingface_hub.utils import get_session
kinds = {'model': ('ada/chat', api.model_info, hf_api.ExpandModelProperty_T), 'dataset': ('ada/table', api.dataset_info, hf_api.ExpandDatasetProperty_T),
  'space': ('ada/show', api.space_info, hf_api.ExpandSpaceProperty_T)}
seen = {}
for kind, (name, info, literal) in kinds.items():
  for prop in typing.get_args(literal):
    data = info(name, expand=[prop])
    keys = list(get_session().get(f'{constants.ENDPOINT}/api/{kind}s/{name}', params={'expand': prop}).json())
    if sorted(set(keys) - {'_id', 'id', 'modelId'}) not in ([], [prop]): raise Exception(f'{prop}: {keys}')
    if prop not in keys: seen.setdefault(kind, []).append(prop)
def code(f):
  try: f(); return 200
  except HfHubHTTPError as e: return e.response.status_code
both = api.model_info('ada/mask', expand=['baseModels', 'childrenModelCount'])
print(json.dumps({'absent': seen, 'bad': [code(lambda: api.model_info('ada/chat', expand=['nope'])), code(lambda: list(api.list_models(expand=['citation'])))],
  'base': both.base_models, 'children': api.model_info('ada/chat', expand=['childrenModelCount']).children_model_count}))
`,
    )
    expect(found).toMatchObject({
      absent: {
        model: ['baseModels', 'evalResults', 'inference', 'inferenceProviderMapping', 'mask_token', 'resourceGroup'],
        dataset: ['resourceGroup'],
        space: ['resourceGroup'],
      },
      bad: [400, 400],
      base: { relation: 'finetune', models: [{ id: 'ada/chat' }] },
      children: 1,
    })
  })

  test('behavior: list_models finds by each filter, in each order, page by page', async () => {
    const found = await run(
      `
small = [f'ada/small-{i}' for i in range(5)]
orders = {s: [m.id for m in api.list_models(sort=s, author='ada')] for s in ['created_at', 'downloads', 'last_modified', 'likes', 'trending_score']}
print(json.dumps({
  'filter': [ids(api.list_models(filter='license:mit')), ids(api.list_models(filter=['gguf', 'en'])), ids(api.list_models(filter='small')) == small],
  'search': [ids(api.list_models(search='SMALL-3')), ids(api.list_models(search='ada all')) == small, ids(api.list_models(search='3'))],
  'author': [len(list(api.list_models(author='ADA'))), ids(api.list_models(author='nobody'))],
  'pipeline': ids(api.list_models(pipeline_tag='fill-mask')),
  'parameters': [ids(api.list_models(num_parameters='min:1K')), ids(api.list_models(num_parameters='max:1K')), ids(api.list_models(num_parameters='min:1,max:0.1K'))],
  'data': ids(api.list_models(trained_dataset='ada/table')),
  'gated': [ids(api.list_models(gated=True)), len(list(api.list_models(gated=False, author='ada')))],
  'apps': [ids(api.list_models(apps='ollama')), ids(api.list_models(apps=['vllm', 'mlx-lm']))],
  'served': [ids(api.list_models(inference='warm')), ids(api.list_models(inference_provider='all'))],
  'orders': [len(set(o)) == 7 == len(o) for o in orders.values()], 'newest': orders['created_at'][0],
  'limit': len(list(api.list_models(limit=3))),
  'full': [sorted(s.rfilename for s in m.siblings) for m in api.list_models(search='small-3', full=True)],
  'card': [m.card_data.tags for m in api.list_models(search='small-3', cardData=True)],
  'config': [m.config['model_type'] for m in api.list_models(search='mask', fetch_config=True)],
  'expand': [[m.safetensors.total, m.downloads, m.tags] for m in api.list_models(search='mask', expand=['safetensors'])],
  'datasets': [ids(api.list_datasets(filter='language:en')), ids(api.list_datasets(filter='task_categories:question-answering')), ids(api.list_datasets(filter='format:csv'))],
  'spaces': [ids(api.list_spaces(models='ada/chat')), ids(api.list_spaces(linked=True)), ids(api.list_spaces(datasets='ada/table')), ids(api.list_spaces(filter='demo'))],
}))
`,
      tokens.eve,
    )
    expect(found).toEqual({
      filter: [['ada/mask'], ['ada/chat'], true],
      search: [['ada/small-3'], true, ['ada/small-3']],
      author: [7, []],
      pipeline: ['ada/mask'],
      parameters: [['ada/chat'], ['ada/mask'], ['ada/mask']],
      data: ['ada/chat'],
      gated: [[], 7],
      apps: [['ada/chat'], ['ada/chat']],
      served: [[], []],
      orders: [true, true, true, true, true],
      newest: 'ada/small-4',
      limit: 3,
      full: [['.gitattributes', 'README.md']],
      card: [['small']],
      config: ['bert'],
      expand: [[30, null, null]],
      datasets: [['ada/table'], ['ada/table'], ['ada/table']],
      spaces: [['ada/show'], ['ada/show'], [], ['ada/show']],
    })
  })

  test('behavior: pages hold every repository once, ties and all, whatever the order', async () => {
    for (const sort of [
      'downloads',
      'likes',
      'lastModified',
      'createdAt',
      'trendingScore',
      'num_parameters',
      'mainSize',
      'id',
    ]) {
      for (const direction of ['-1', '1']) {
        const seen: string[] = []
        let url: string | undefined = `${hub.url}/api/models?limit=2&sort=${sort}&direction=${direction}&author=ada`
        while (url) {
          const page: Response = await fetch(url)
          seen.push(...((await page.json()) as { id: string }[]).map(({ id }) => id))
          url = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1]
        }
        expect([sort, seen.length, new Set(seen).size]).toEqual([sort, 7, 7])
      }
    }
  })

  test('behavior: @huggingface/hub lists and reads models, data sets and spaces', async () => {
    const all = async <T>(items: AsyncIterable<T>) => {
      const list: T[] = []
      for await (const item of items) list.push(item)
      return list
    }
    const base = { hubUrl: hub.url }
    const search = { owner: 'ada', task: 'text-generation' as const, tags: ['gguf'], apps: ['ollama'] }
    const found = await all(
      listModels({ ...base, search, additionalFields: ['safetensors', 'tags', 'filePaths', 'author'] }),
    )
    expect(found).toMatchObject([{ name: 'ada/chat', task: 'text-generation', author: 'ada', private: false }])
    expect(found[0]?.filePaths).toContain('model.safetensors')
    expect((await all(listModels({ ...base, sort: 'num_parameters', limit: 2 }))).map(({ name }) => name)).toEqual([
      'ada/chat',
      'ada/mask',
    ])
    const model = await modelInfo({
      ...base,
      name: 'ada/mask',
      additionalFields: ['safetensors', 'transformersInfo', 'gitalyUid'],
    })
    expect(model).toMatchObject({
      safetensors: { total: 30 },
      transformersInfo: { auto_model: 'AutoModelForMaskedLM' },
    })
    expect(await all(listDatasets({ ...base, additionalFields: ['description', 'citation'] }))).toMatchObject([
      { name: 'ada/table', description: 'Table Numbers.', citation: '@misc{t}' },
    ])
    expect(await datasetInfo({ ...base, name: 'ada/table', additionalFields: ['tags'] })).toMatchObject({
      name: 'ada/table',
    })
    expect(await all(listSpaces({ ...base, additionalFields: ['models', 'runtime', 'subdomain'] }))).toMatchObject([
      { name: 'ada/show', sdk: 'gradio', models: ['ada/chat'], subdomain: 'ada-show' },
    ])
  })

  test('error: what is private neither shows, nor counts, nor moves a page', async () => {
    const stranger = [null, tokens.eve]
    for (const token of stranger) {
      for (const path of [
        '/api/models?filter=secret',
        '/api/models?search=hidden',
        '/api/models?author=lab',
        '/api/spaces?author=lab',
      ]) {
        expect([path, await names(path, token)]).toEqual([path, []])
      }
      expect(await names('/api/spaces?models=ada/chat', token)).toEqual(['ada/show'])
      const { childrenModelCount, spaces } = await get('/api/models/ada/chat?expand=childrenModelCount,spaces', token)
      expect([childrenModelCount, spaces]).toEqual([1, ['ada/show']])
    }
    expect(await names('/api/models?filter=secret', tokens.bob)).toEqual(['lab/hidden'])
    // The last page is full: a link to an empty one would tell that something more is there.
    const last = await send('/api/models?filter=small&limit=5', {}, null)
    expect([(await last.json()).length, last.headers.get('link')]).toEqual([5, null])
  })

  test('behavior: tags by kind and models by task', async () => {
    const found = await run(`
models = api.get_model_tags(); data = api.get_dataset_tags()
tasks = __import__('huggingface_hub.inference._providers.hf_inference', fromlist=['x'])._fetch_recommended_models()
print(json.dumps([[t['id'] for t in models['pipeline_tag']], [t['label'] for t in models['license']], [t['id'] for t in models['other'] if t['id'] == 'secret'],
  [t['label'] for t in data['task_categories']], tasks['fill-mask']]))
`)
    expect(found).toEqual([
      ['translation', 'fill-mask', 'text-generation'],
      ['apache-2.0', 'mit'],
      [],
      ['question-answering'],
      'ada/mask',
    ])
  })

  test('behavior: metadata is checked before it is committed', async () => {
    const check = async (yaml: string, repoType = 'model') => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' } }
      const body = JSON.stringify({ content: `---\n${yaml}\n---\n`, repoType })
      const response = await send('/api/validate-yaml', { ...init, body })
      const { errors, warnings } = (await response.json()) as Record<'errors' | 'warnings', { message: string }[]>
      return [response.status, errors.map(({ message }) => message), warnings.length]
    }
    const index = (results: string) => `model-index:\n- name: x\n  results:\n  - ${results}`
    const good = index('{task: {type: a}, dataset: {type: b, name: c}, metrics: [{type: d, value: 1}]}')
    expect([
      await check(`license: mit\nlanguage: [en]\ndatasets: [a/b]\n${good}`),
      await check('license: 5'),
      await check('base_model_relation: friend'),
      await check(index('{task: {}, metrics: [{type: d}]}')),
      await check('sdk: cobol', 'space'),
      await check('configs: [{}]', 'dataset'),
      await check('license: no-such-license'),
      await check('a: ['),
    ]).toEqual([
      [200, [], 0],
      [400, ['"license" must be a string or a list of strings'], 0],
      [400, ['"base_model_relation" must be one of [adapter, finetune, merge, quantized]'], 0],
      [
        400,
        [
          '"model-index[0].results[0].task.type" is required',
          '"model-index[0].results[0].metrics[0]" must have a "type" and a "value"',
        ],
        0,
      ],
      [400, ['"sdk" must be one of [gradio, docker, static, streamlit]'], 0],
      [400, ['"configs[0].config_name" is required'], 0],
      [200, [], 1],
      [400, [expect.stringContaining('not YAML')], 0],
    ])
  })

  test('behavior: facts follow the head, and come back where somebody forgot them', async () => {
    await make('ada/later', { 'model.safetensors': weights(3) })
    const total = async () => (await get('/api/models/ada/later?expand=safetensors,tags')).safetensors?.total
    expect(await total()).toBe(3)
    await commit('ada/later', { 'model.safetensors': weights(4) })
    expect(await total()).toBe(4)
    await hub.context.catalog.pool.query(
      `update catalog.repos set facts = '{}', facts_of = '', tags = '{}' where key = 'model:ada/later'`,
    )
    expect(await total()).toBe(4)
    expect(await names('/api/models?filter=safetensors&search=later')).toEqual(['ada/later'])
    await commit('ada/later', { 'model.safetensors': 'no weights at all' })
    expect(await total()).toBeUndefined()
  })

  test('error: no query makes the hub fail', async () => {
    const value = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.constantFrom('min:1e9', 'max:', '%', '\\', "'", '\0', '-1', '1'),
    )
    const name = fc.constantFrom(
      ...[
        'search',
        'author',
        'filter',
        'sort',
        'direction',
        'limit',
        'cursor',
        'full',
        'expand',
        'expand[]',
        'pipeline_tag',
      ],
      ...[
        'library',
        'language',
        'gated',
        'inference',
        'inference_provider',
        'apps',
        'num_parameters',
        'models',
        'linked',
      ],
    )
    const cursor = fc
      .tuple(fc.constantFrom('99999999999999999999', '1e999', '-5', '1', 'model:a', '9999999999999999'), fc.uuid())
      .map((parts) => ['cursor', Buffer.from(JSON.stringify(parts)).toString('base64url')] as [string, string])
    const pairs = fc.array(
      fc.oneof({ weight: 6, arbitrary: fc.tuple(name, value) }, { weight: 1, arbitrary: cursor }),
      {
        maxLength: 5,
      },
    )
    await fc.assert(
      fc.asyncProperty(pairs, fc.constantFrom('models', 'datasets', 'spaces'), async (query, kind) => {
        const response = await send(`/api/${kind}?${new URLSearchParams(query)}`, {}, null)
        expect([response.status < 500, await response.json()].length).toBe(2)
        expect([query, response.status < 500]).toEqual([query, true])
      }),
      { numRuns: 300 },
    )
    for (const sort of ['downloads', 'createdAt', 'trendingScore', 'id']) {
      for (const at of [
        '99999999999999999999',
        '999999999999999999',
        '9999999999999999',
        '1e99',
        '2024-02-31',
        'NaN',
      ]) {
        const text = Buffer.from(JSON.stringify([at, '00000000-0000-4000-8000-000000000000'])).toString('base64url')
        expect((await send(`/api/models?sort=${sort}&cursor=${text}`, {}, null)).status).toBeLessThan(500)
      }
    }
  })
})
