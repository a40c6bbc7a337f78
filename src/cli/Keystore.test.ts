import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as Keystore from './Keystore.ts'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'dehug-keys-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

const privateKey = `0x${'11'.repeat(32)}`

test('behavior: what is stored is read back, by its owner only', async () => {
  expect(await Keystore.read(home)).toEqual({ tokens: {}, renewals: {}, apiKeys: {} })
  await Keystore.update(home, (keys) => ({ ...keys, privateKey, tokens: { 'http://a': 'hf_1' } }))
  await Keystore.update(home, (keys) => ({ ...keys, tokens: { ...keys.tokens, 'http://b': 'hf_2' } }))
  expect(await Keystore.read(home)).toEqual({
    privateKey,
    renewals: {},
    tokens: { 'http://a': 'hf_1', 'http://b': 'hf_2' },
    apiKeys: {},
  })
  expect((await stat(Keystore.pathIn(home))).mode & 0o777).toBe(0o600)
  expect((await stat(join(home, 'keys'))).mode & 0o777).toBe(0o700)
})

test('error: a file that others can read is not used', async () => {
  await Keystore.update(home, (keys) => ({ ...keys, privateKey }))
  await chmod(Keystore.pathIn(home), 0o644)
  await expect(Keystore.read(home)).rejects.toMatchObject({
    exitCode: 5,
    hint: `Run: chmod 600 ${Keystore.pathIn(home)}`,
  })
})

test('error: a damaged file is named, and its content is not', async () => {
  await Keystore.update(home, (keys) => ({ ...keys, privateKey }))
  await writeFile(Keystore.pathIn(home), '{"privateKey":"0xsecret"}')
  await expect(Keystore.read(home)).rejects.toThrow(`${Keystore.pathIn(home)} is not a readable key file.`)
})
