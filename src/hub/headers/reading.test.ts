import { afterAll, beforeAll, expect, test } from 'vitest'
import { header, lfs, startHubClient } from '../hub-client.ts'
import { tokens } from '../start-test-hub.ts'

let hub: Awaited<ReturnType<typeof startHubClient>>
/** Lets reads of weights through. */
let open: () => void = () => undefined
let opened: Promise<void> = Promise.resolve()
let held: string | undefined

beforeAll(async () => {
  hub = await startHubClient()
  const { store } = hub.context
  // A disk on which one file takes as long as the test likes.
  hub.context.store = new Proxy(store, {
    get: (of, name) => {
      if (name !== 'open') {
        const found = Reflect.get(of, name)
        return typeof found === 'function' ? found.bind(of) : found
      }
      return async (...args: Parameters<typeof store.open>) => {
        if (args[0] === held) await opened
        return of.open(...args)
      }
    },
  })
})
afterAll(async () => {
  open()
  await hub?.stop()
})

/** A file of weights with so many numbers. */
const weights = (count: number): Buffer => {
  const text = Buffer.from(JSON.stringify({ a: { dtype: 'F32', shape: [count], data_offsets: [0, 4 * count] } }))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([length, text, Buffer.alloc(4 * count)])
}

const sent = new Map<number, { oid: string; size: number }>()
const send = async (count: number) => {
  const object = sent.get(count) ?? (await hub.upload(weights(count), 'ada/open', tokens.ada))
  sent.set(count, object)
  return object
}

const commit = async (count: number, path = 'model.safetensors') => {
  const answer = await hub.commit([header(), lfs(path, await send(count))])
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { commitOid: string }).commitOid
}
const info = async () => (await hub.send('GET', '/api/models/ada/open')).json()
const listed = async () => {
  const all = await (await hub.send('GET', '/api/models?author=ada&expand=safetensors&expand=sha')).json()
  return all.find(({ id }: { id: string }) => id === 'ada/open')
}
const hold = async (count: number) => {
  opened = new Promise((done) => {
    open = done
  })
  held = (await hub.context.store.findBySha256((await send(count)).oid))?.cid
}

test('behavior: headers are read after the commit: they hold up nobody, and no head is shown with facts of another', async () => {
  const first = await commit(10)
  expect(await listed()).toMatchObject({ sha: first, safetensors: { total: 10 } })

  await hold(20)
  const second = await commit(20)
  // Its header is being read; what was known of the old head is not shown for the new one.
  const shown = await listed()
  expect([shown.sha, shown.safetensors]).toEqual([second, undefined])
  const asked = info()
  const third = await commit(5, 'notes.bin')
  const other = await hub.json('POST', '/api/repos/create', { name: 'other' })
  expect(other.status).toBe(200)
  open()
  expect((await asked).safetensors.total).toBe(20)
  expect(await info()).toMatchObject({ sha: third, safetensors: { total: 20 } })

  // A head that comes while the old one is read wins.
  await hold(30)
  await commit(30)
  held = undefined
  const last = await commit(40)
  open()
  expect(await info()).toMatchObject({ sha: last, safetensors: { total: 40 } })
  expect(await listed()).toMatchObject({ sha: last, safetensors: { total: 40 } })
})
