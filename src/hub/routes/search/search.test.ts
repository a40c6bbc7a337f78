import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SearchWire } from '../../../wire/index.ts'
import { file, header, startHubClient } from '../../hub-client.ts'
import { tokens } from '../../start-test-hub.ts'

type Hub = Awaited<ReturnType<typeof startHubClient>>
let hub: Hub

const get = async (path: string, token?: string) => {
  const answer = await hub.send('GET', path, { token })
  return { status: answer.status, body: await answer.json() }
}
const search = async (query: string, token?: string): Promise<SearchWire.SearchFound> => {
  const { status, body } = await get(`/api/dehug/search?${query}`, token)
  expect({ query, status, body: status === 200 ? {} : body }).toEqual({ query, status: 200, body: {} })
  return SearchWire.SearchFound.parse(body)
}
const ids = async (query: string, token?: string) => (await search(query, token)).hits.map(({ id }) => id)

const publish = async (id: string, card: string, text = '', options: Record<string, unknown> = {}) => {
  const [organization, name] = id.split('/')
  const { type = 'model', visibility = 'public', config } = options
  const made = await hub.json('POST', '/api/repos/create', { name, organization, type, visibility })
  expect(made.status).toBe(200)
  const lines = [header(), file('README.md', `---\n${card}\n---\n${text}`)]
  if (config) lines.push(file('config.json', JSON.stringify(config)))
  const answer = await hub.send('POST', `/api/${type}s/${id}/commit/main`, {
    token: tokens.ada,
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.map((line) => JSON.stringify(line)).join('\n'),
  })
  expect(answer.status).toBe(200)
}

beforeAll(async () => {
  hub = await startHubClient()
  await publish(
    'ada/Nightingale-7B-Chat',
    'license: mit\npipeline_tag: text-generation\nlanguage: [en, fr]\ntags: [poems]',
  )
  await publish('ada/nightingale-embed', 'license: apache-2.0\npipeline_tag: feature-extraction\ntags: [retrieval]')
  await publish('lab/sparrow', 'license: mit\npipeline_tag: text-generation', 'Translates the songs of nightingales.')
  await publish('lab/quantized-sparrow', 'license: llama3\nfork_royalty_bps: 700\nbase_model: lab/sparrow', '', {
    config: { model_type: 'llama', quantization_config: { quant_method: 'awq' } },
  })
  await publish('lab/owl', 'license: mit\ntags: [poems]\npipeline_tag: text-generation', '', { visibility: 'private' })
  await publish('ada/birdsongs', 'license: cc-by-4.0\ntask_categories: [audio-classification]', '# Songs', {
    type: 'dataset',
  })
  expect((await hub.json('PUT', '/api/models/lab/sparrow/settings', { gated: 'manual' })).status).toBe(200)
})
afterAll(() => hub?.stop())

describe('words', () => {
  test('behavior: names come before tags and texts, in any spelling of the name', async () => {
    expect(await ids('q=nightingale')).toEqual(['ada/nightingale-embed', 'ada/Nightingale-7B-Chat', 'lab/sparrow'])
    expect((await ids('q=nightingale%207b%20chat'))[0]).toBe('ada/Nightingale-7B-Chat')
    expect(await ids('q=nightingale7b')).toEqual(['ada/Nightingale-7B-Chat'])
    expect(await ids('q=NIGHT')).toContain('ada/Nightingale-7B-Chat')
  })

  test('behavior: a README is found by other forms of its words', async () => {
    expect(await ids('q=translating+song')).toEqual(['lab/sparrow'])
    const { hits } = await search('q=translation+of+songs')
    expect(hits[0]?.match).toEqual({ by: 'text', terms: ['translation', 'of', 'songs'] })
  })

  test('behavior: typing errors in names and tags are forgiven, and said', async () => {
    const names = await search('q=nihgtingale')
    expect(names.hits.map(({ id }) => id)).toContain('ada/nightingale-embed')
    const tags = await search('q=poms')
    expect({ corrected: tags.corrected, modes: tags.modes }).toEqual({ corrected: 'poems', modes: ['text', 'typo'] })
    expect(tags.hits.map(({ id }) => id)).toEqual(['ada/Nightingale-7B-Chat'])
  })

  test('behavior: nothing is found where nothing is like it', async () => {
    const { hits, total, next } = await search('q=xylophonist')
    expect({ hits, total, next }).toEqual({ hits: [], total: { count: 0, exact: true }, next: null })
  })
})
