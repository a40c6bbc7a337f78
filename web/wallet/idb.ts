/** A value kept in this browser that local storage cannot hold: handles of folders, many digests. */
const open = (): Promise<IDBDatabase> =>
  new Promise((done, fail) => {
    const request = indexedDB.open('dehug', 1)
    request.onupgradeneeded = () => {
      request.result.createObjectStore('kept')
    }
    request.onsuccess = () => done(request.result)
    request.onerror = () => fail(request.error)
  })

const run = async <T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
  const db = await open()
  try {
    return await new Promise<T>((done, fail) => {
      const request = work(db.transaction('kept', mode).objectStore('kept'))
      request.onsuccess = () => done(request.result)
      request.onerror = () => fail(request.error)
    })
  } finally {
    db.close()
  }
}

export const get = <T>(key: string): Promise<T | undefined> => run('readonly', (store) => store.get(key))
export const put = async (key: string, value: unknown): Promise<void> => {
  await run('readwrite', (store) => store.put(value, key))
}
export const remove = (key: string): Promise<undefined> => run('readwrite', (store) => store.delete(key))
