import pg from 'pg'
import { expect, test } from 'vitest'
import { holdBook } from './BookLock.ts'
import { hex32, testDatabase } from './testing.ts'

const cutAll = `select pg_terminate_backend(pid) from pg_stat_activity
  where pid <> pg_backend_pid() and datname = current_database()`

test('behavior: a book given up while its lost connection is made again keeps neither lock nor connection', async () => {
  const database = await testDatabase()
  const provider = hex32(77)
  const newPool = () => new pg.Pool({ connectionString: database.url }).on('error', () => undefined)
  try {
    for (let round = 0; round < 5; round += 1) {
      const pool = newPool()
      const lock = await holdBook(pool, provider)
      const lost = new Promise((done) => pool.once('remove', done))
      await database.pool.query(cutAll)
      await lost
      await lock.release()
      expect(() => lock.assertHeld()).toThrow('is not open right now')
      // Never ends where a connection was kept.
      await pool.end()
      const next = newPool()
      await (await holdBook(next, provider)).release()
      await next.end()
    }
  } finally {
    await database.stop()
  }
}, 30_000)
