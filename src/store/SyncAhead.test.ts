import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as SyncAhead from './SyncAhead.ts'

const dir = await mkdtemp(join(tmpdir(), 'sync-'))

test('error: what fails while more is written is not forgotten', async () => {
  const file = await open(join(dir, 'file'), 'w')
  const ahead = SyncAhead.of(file)
  ahead.wrote(32 * 2 ** 20)
  await ahead.rest()
  await file.close()
  ahead.wrote(32 * 2 ** 20)
  await expect(ahead.rest()).rejects.toThrow('closed')
  await expect(ahead.rest()).rejects.toThrow('closed')
  await rm(dir, { recursive: true })
})
