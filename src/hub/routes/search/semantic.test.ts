import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Embedder, Meanings } from '../../../catalog/index.ts'
import { Unavailable } from '../../../core/index.ts'
import { Engine } from '../../../engine/index.ts'
import { SearchWire } from '../../../wire/index.ts'
import { file, header, startHubClient } from '../../hub-client.ts'
import { tokens } from '../../start-test-hub.ts'

const fixture = join(import.meta.dirname, '../../../../fixtures/dehug-embed')
const { documents } = JSON.parse(readFileSync(join(fixture, 'EXPECTED.json'), 'utf8')).search as {
  documents: Record<string, string>
}

let hub: Awaited<ReturnType<typeof startHubClient>>
let engine: Engine
let meanings: Meanings.Meanings
const state = { isReady: true, asked: 0, fails: false }

/** The fixture's model in the sandboxed engine, as `dehug up` runs it. */
const embedder: Embedder = {
  model: 'dehug/dehug-embed',
  isReady: () => state.isReady,
  embed: async (inputs) => {
    state.asked += inputs.length
    if (state.fails) throw new Unavailable('The engine is away.')
    const { answer } = await engine.run({ task: 'feature-extraction', inputs })
    if (answer.kind !== 'embeddings') throw new Error('no embeddings')
    return answer.vectors.map((text) => {
      const bytes = Buffer.from(text, 'base64')
      return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i))
    })
  },
}

const search = async (query: string, token?: string) => {
  const answer = await hub.send('GET', `/api/dehug/search?${query}`, { token })
  expect(answer.status).toBe(200)
  return SearchWire.SearchFound.parse(await answer.json())
}
const names = async (query: string, token?: string) => (await search(query, token)).hits.map(({ name }) => name)

const publish = async (name: string, text: string, visibility = 'public') => {
  await hub.json('POST', '/api/repos/create', { name, organization: 'lab', type: 'model', visibility })
  const lines = [header(), file('README.md', `---\nlicense: mit\n---\n${text}`)]
  const answer = await hub.send('POST', `/api/models/lab/${name}/commit/main`, {
    token: tokens.ada,
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.map((line) => JSON.stringify(line)).join('\n'),
  })
  expect(answer.status).toBe(200)
}

beforeAll(async () => {
  engine = await Engine.start({ dir: fixture })
  hub = await startHubClient()
  const { db } = hub.context.catalog
  meanings = Meanings.start({ db, embedder, everyMs: 3_600_000, onError: (error) => expect(error).toBe(undefined) })
  hub.context.meanings = meanings
  for (const [name, text] of Object.entries(documents)) await publish(name, text)
  await meanings.refresh()
})
afterAll(async () => {
  await meanings?.[Symbol.asyncDispose]()
  await hub?.stop()
  await engine?.close()
})

describe('by meaning', () => {
  test('behavior: finds what says the same in other words, the nearest first', async () => {
    const found = await search('mode=semantic&q=Classify%20photos%20taken%20with%20a%20camera')
    expect({ modes: found.modes, sort: found.sort, model: found.semanticModel }).toEqual({
      ...{ modes: ['semantic'], sort: 'relevance', model: 'dehug/dehug-embed' },
    })
    expect(found.hits[0]).toMatchObject({ name: 'photo-tagger', match: { by: 'semantic', terms: [] } })
    expect((await names('mode=semantic&q=money%20and%20loans%20of%20investors'))[0]).toBe('fraud-watch')
  })

  test('behavior: a question in words that nothing holds is answered by meaning without being asked to', async () => {
    const found = await search('q=pictures%20photographers%20snapped')
    expect({ modes: found.modes, first: found.hits[0]?.name }).toEqual({ modes: ['semantic'], first: 'photo-tagger' })
    expect((await search('q=pictures%20photographers%20snapped&mode=text')).hits).toEqual([])
  })

  test('behavior: filters hold, facets count what was found, pages hold everything once', async () => {
    const query = 'mode=semantic&q=reads%20handwritten%20numbers'
    expect(await names(`${query}&license=apache-2.0`)).toEqual([])
    const whole = await search(`${query}&limit=100`)
    expect(whole.facets?.license).toEqual([{ value: 'mit', count: whole.hits.length, selected: false }])
    expect(whole.total).toEqual({ count: whole.hits.length, exact: true })
    const paged: string[] = []
    let next: string | null = ''
    while (next !== null) {
      const page: SearchWire.SearchFound = await search(`${query}&limit=2${next ? `&cursor=${next}` : ''}`)
      paged.push(...page.hits.map(({ name }) => name))
      next = page.next
    }
    expect(paged).toEqual(whole.hits.map(({ name }) => name))
  })

  test('behavior: a new text is found by its new meaning, and what did not change is not embedded again', async () => {
    await publish('changing', 'Composes piano music and melodies.')
    const before = state.asked
    await meanings.refresh()
    expect(state.asked - before).toBe(1)
    expect(await names('mode=semantic&q=songs%20for%20the%20piano')).toContain('changing')
    await publish('changing', 'Reads legal agreements and contracts.')
    await meanings.refresh()
    expect(await names('mode=semantic&q=songs%20for%20the%20piano')).not.toContain('changing')
    await hub.json('POST', '/api/models/lab/changing/like', undefined)
    await meanings.refresh()
    expect(state.asked - before).toBe(3)
  })
})

describe('who finds what', () => {
  test('behavior: private ones are near only for those who may see them, from the moment they are private', async () => {
    const query = 'mode=semantic&q=weather%20wind%20and%20rain'
    await publish('storm', 'Weather forecast of wind and rain.', 'private')
    await meanings.refresh()
    const [open, eve] = [await search(query), await search(query, tokens.eve)]
    expect(open.hits.map(({ name }) => name)).not.toContain('storm')
    expect({ hits: eve.hits, total: eve.total, facets: eve.facets }).toEqual({
      ...{ hits: open.hits, total: open.total, facets: open.facets },
    })
    expect((await names(query, tokens.bob)).slice(0, 2)).toContain('storm')
    await hub.json('PUT', '/api/models/lab/rain-cast/settings', { visibility: 'private' })
    expect(await names(query)).not.toContain('rain-cast')
    await meanings.refresh()
    expect((await names(query, tokens.bob)).slice(0, 2).sort()).toEqual(['rain-cast', 'storm'])
    await hub.json('PUT', '/api/models/lab/rain-cast/settings', { visibility: 'public' })
    await meanings.refresh()
    expect(await names(query)).toContain('rain-cast')
  })
})

describe('without a model', () => {
  test('behavior: words are looked for, and the answer says so', async () => {
    state.isReady = false
    const found = await search('mode=semantic&q=handwritten')
    expect({ modes: found.modes, model: found.semanticModel, names: found.hits.map(({ name }) => name) }).toEqual({
      ...{ modes: ['text'], model: null, names: ['digit-reader'] },
    })
    state.isReady = true
  })

  test('behavior: so they are where the engine fails', async () => {
    state.fails = true
    const found = await search('mode=semantic&q=handwritten%20numbers')
    expect({ modes: found.modes, names: found.hits.map(({ name }) => name) }).toEqual({
      ...{ modes: ['text'], names: ['digit-reader'] },
    })
    state.fails = false
  })
})
