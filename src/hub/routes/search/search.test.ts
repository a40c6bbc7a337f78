import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FactsWire, SearchWire } from '../../../wire/index.ts'
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
    const found = await ids('q=nightingale')
    expect(found.slice(0, 2).sort()).toEqual(['ada/Nightingale-7B-Chat', 'ada/nightingale-embed'])
    expect(found.slice(2)).toEqual(['lab/sparrow'])
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

describe('filters, orders and pages', () => {
  test('behavior: values of one filter are alternatives, different filters all hold', async () => {
    expect((await ids('license=mit,llama3')).sort()).toEqual([
      'ada/Nightingale-7B-Chat',
      'lab/quantized-sparrow',
      'lab/sparrow',
    ])
    expect(await ids('license=mit&license=llama3&quantization=awq')).toEqual(['lab/quantized-sparrow'])
    expect(await ids('task=text-generation&language=fr')).toEqual(['ada/Nightingale-7B-Chat'])
    expect(await ids('author=LAB&tag=base_model:lab/sparrow')).toEqual(['lab/quantized-sparrow'])
    expect(await ids('forkRoyalty=high')).toEqual(['lab/quantized-sparrow'])
    expect(await ids('gated=true')).toEqual(['lab/sparrow'])
    expect(await ids('type=dataset&task=audio-classification')).toEqual(['ada/birdsongs'])
    expect(await ids('verified=true')).toEqual([])
    expect(await ids('provider=any')).toEqual([])
    expect(await ids('priceMax=1000')).toEqual([])
  })

  test('behavior: facets count what was found', async () => {
    const { facets, total } = await search('q=sparrow&license=mit,apache-2.0')
    expect(total).toEqual({ count: 1, exact: true })
    expect(facets?.license).toEqual([
      { value: 'mit', count: 1, selected: true },
      { value: 'apache-2.0', count: 0, selected: true },
    ])
    expect(facets?.gated).toEqual([{ value: 'true', count: 1, selected: false }])
    expect((await search('q=sparrow&facets=false')).facets).toBe(null)
  })

  for (const sort of SearchWire.sorts) {
    test(`behavior: pages by ${sort} hold everything once, also when something is added between them`, async () => {
      const whole = await ids(`sort=${sort}&limit=100`)
      const paged: string[] = []
      let next: string | null = ''
      while (next !== null) {
        const page: SearchWire.SearchFound = await search(`sort=${sort}&limit=1${next ? `&cursor=${next}` : ''}`)
        paged.push(...page.hits.map(({ id }) => id))
        next = page.next
        if (paged.length === 1) await publish(`ada/between-${sort}`, 'license: mit')
      }
      expect(paged.filter((id) => !id.includes('between'))).toEqual(whole.filter((id) => !id.includes('between')))
      expect(new Set(paged).size).toBe(paged.length)
    })
  }

  test('behavior: pages of a corrected search go on with the correction', async () => {
    const first = await search('q=poms&limit=1', tokens.ada)
    expect(first.corrected).toBe('poems')
    const second = await search(`q=poms&limit=1&cursor=${first.next}`, tokens.ada)
    expect([...first.hits, ...second.hits].map(({ id }) => id).sort()).toEqual(['ada/Nightingale-7B-Chat', 'lab/owl'])
    expect(second.next).toBe(null)
  })
})

describe('who finds what', () => {
  test('behavior: private models are found by those who may read them, in hits, counts and suggestions', async () => {
    expect(await ids('q=owl')).toEqual([])
    expect(await ids('q=owl', tokens.eve)).toEqual([])
    const { hits, total, facets } = await search('q=owl', tokens.bob)
    expect({ ids: hits.map(({ id }) => id), private: hits[0]?.private, total }).toEqual({
      ids: ['lab/owl'],
      private: true,
      total: { count: 1, exact: true },
    })
    expect(facets?.license).toEqual([{ value: 'mit', count: 1, selected: false }])
    const suggested = async (token?: string) => (await get('/api/dehug/suggest?q=owl', token)).body.repos.length
    expect([await suggested(), await suggested(tokens.eve), await suggested(tokens.ada)]).toEqual([0, 0, 1])
  })

  test('behavior: what becomes private, is renamed or deleted is gone at once', async () => {
    await publish('ada/kingfisher', 'license: mit')
    expect(await ids('q=kingfisher')).toEqual(['ada/kingfisher'])
    await hub.json('PUT', '/api/models/ada/kingfisher/settings', { visibility: 'private' })
    expect(await ids('q=kingfisher')).toEqual([])
    await hub.json('PUT', '/api/models/ada/kingfisher/settings', { visibility: 'public' })
    await hub.json('POST', '/api/repos/move', { fromRepo: 'ada/kingfisher', toRepo: 'ada/halcyon', type: 'model' })
    expect([await ids('q=halcyon'), await ids('q=kingfisher&mode=text')]).toEqual([['ada/halcyon'], []])
    await hub.json('DELETE', '/api/repos/delete', { name: 'halcyon', organization: 'ada', type: 'model' })
    expect(await ids('q=halcyon')).toEqual([])
  })
})

describe('what is asked again and again', () => {
  const asked = 'q=heron&limit=7'
  const seen = async () => {
    for (let i = 0; i < 3; i++) await search(asked)
    const { hits, total, facets } = await search(asked)
    return { ids: hits.map(({ id }) => id), total: total.count, licenses: facets?.license.map(({ value }) => value) }
  }

  test('behavior: each change shows in the next answer, and callers get their own', async () => {
    expect(await seen()).toEqual({ ids: [], total: 0, licenses: [] })
    await publish('ada/heron', 'license: mit')
    expect(await seen()).toEqual({ ids: ['ada/heron'], total: 1, licenses: ['mit'] })
    await publish('lab/heron', 'license: openrail', '', { visibility: 'private' })
    expect(await seen()).toEqual({ ids: ['ada/heron'], total: 1, licenses: ['mit'] })
    expect((await ids(asked, tokens.bob)).sort()).toEqual(['ada/heron', 'lab/heron'])
    await hub.json('PUT', '/api/models/ada/heron/settings', { visibility: 'private' })
    expect(await seen()).toEqual({ ids: [], total: 0, licenses: [] })
    await hub.json('PUT', '/api/models/lab/heron/settings', { visibility: 'public' })
    expect(await seen()).toEqual({ ids: ['lab/heron'], total: 1, licenses: ['openrail'] })
  })

  test('behavior: a change that is not committed yet is not told, and is once it is', async () => {
    const client = await hub.context.catalog.pool.connect()
    try {
      await client.query('begin')
      await client.query(`update catalog.repos set visibility = 'private' where key = 'model:lab/heron'`)
      expect((await seen()).ids).toEqual(['lab/heron'])
      await client.query('commit')
      expect((await seen()).ids).toEqual([])
    } finally {
      client.release()
    }
  })
})

describe('around a model', () => {
  test('behavior: suggestions name models, people and tags', async () => {
    const { body } = await get('/api/dehug/suggest?q=night')
    expect(
      SearchWire.Suggestions.parse(body)
        .repos.map(({ id }) => id)
        .sort(),
    ).toEqual(['ada/Nightingale-7B-Chat', 'ada/nightingale-embed'])
    expect((await get('/api/dehug/suggest?q=ad')).body.people[0].name).toBe('ada')
    expect((await get('/api/dehug/suggest?q=%25_')).body).toEqual({ repos: [], people: [], tags: [] })
  })

  test('behavior: similar models share rare labels', async () => {
    const { body } = await get('/api/dehug/models/lab/sparrow/similar')
    expect(SearchWire.Similar.parse(body).hits.map(({ id }) => id)).toContain('lab/quantized-sparrow')
    expect(body.hits.map(({ id }: SearchWire.Hit) => id)).not.toContain('lab/owl')
  })

  test('behavior: lineage shows parents, children and whether their licenses fit', async () => {
    const { body } = await get('/api/dehug/models/lab/sparrow/lineage')
    expect(FactsWire.Lineage.parse(body).edges).toEqual([
      {
        ...{ child: 'model:lab/quantized-sparrow', parent: 'model:lab/sparrow', relation: 'quantized', source: 'card' },
        ...{ root: null, forkBps: null, verdict: 'allowed' },
      },
    ])
  })

  test('behavior: a parent that is hidden is shown like one that is elsewhere', async () => {
    await publish('ada/of-owl', 'license: mit\nbase_model: [lab/owl, lab/nowhere]')
    const { body } = await get('/api/dehug/models/ada/of-owl/lineage')
    const parent = { known: false, license: null, task: null, downloads: null, modelId: null, head: null }
    expect(body.nodes.slice(1)).toEqual([
      { repo: 'model:lab/owl', ...parent },
      { repo: 'model:lab/nowhere', ...parent },
    ])
    expect((await get('/api/dehug/models/ada/of-owl/lineage', tokens.bob)).body.nodes[1].known).toBe(true)
  })
})

describe('anything as a query', () => {
  const names = Object.keys(SearchWire.SearchQuery.shape)
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(
      "'; drop table catalog.repos; --",
      '\0',
      '%',
      '\\',
      "':* & !(",
      '\ud800',
      'a'.repeat(5000),
      '€'.repeat(255),
    ),
    fc.constantFrom(...SearchWire.sorts, ...SearchWire.modes, 'true', '0', '-1', '1e9', '0x', 'model'),
    fc
      .array(fc.constantFrom("'", ':', '*', '&', '|', '!', '<->', '(', ')', 'a', '½', '́', '-', ' '))
      .map((parts) => parts.join('')),
  )
  const encoded = (value: string) => encodeURIComponent(value.toWellFormed())

  test('behavior: a search is answered or refused, whatever it asks for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(...names), text), { maxLength: 4 }), async (pairs) => {
        const query = pairs.map(([name, value]) => `${name}=${encoded(value)}`).join('&')
        const { status } = await get(`/api/dehug/search?${query}`)
        expect([200, 400]).toContain(status)
      }),
      { numRuns: 300 },
    )
  })

  test('behavior: cursors are ours or refused', async () => {
    const cursors = fc.oneof(
      text,
      fc
        .tuple(
          fc.constantFrom(...SearchWire.sorts, 'typo', 'x'),
          text,
          fc.constantFrom('', '0'.repeat(8), crypto.randomUUID()),
        )
        .map((parts) => Buffer.from(JSON.stringify(parts)).toString('base64url')),
      fc
        .tuple(fc.constantFrom(...SearchWire.sorts, 'typo'), fc.constantFrom('9'.repeat(16), '1e99', '-0', '1e-99'))
        .map(([sort, at]) => Buffer.from(JSON.stringify([sort, at, crypto.randomUUID()])).toString('base64url')),
    )
    await fc.assert(
      fc.asyncProperty(cursors, fc.constantFrom(...SearchWire.sorts), async (cursor, sort) => {
        const { status } = await get(`/api/dehug/search?q=sparrow&sort=${sort}&cursor=${encoded(cursor)}`)
        expect([200, 400]).toContain(status)
      }),
      { numRuns: 200 },
    )
  })

  test('behavior: so are suggestions, licenses, receipts and pages', async () => {
    const paths = [
      'suggest?q=',
      'license/check?child=',
      'license/check?child=mit&parents=',
      'receipts?model=',
      'receipts?cursor=',
    ]
    const more = [
      'providers?cursor=',
      'models/lab/sparrow/versions?cursor=',
      'providers/',
      'batches/',
      'receipts?payer=',
    ]
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths, ...more), text, async (path, value) => {
        const { status } = await get(`/api/dehug/${path}${encoded(value)}`)
        expect([200, 400, 404, 414]).toContain(status)
      }),
      { numRuns: 300 },
    )
  })
})
