import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

test('behavior: the environment becomes a configuration', () => {
  const env = { DATABASE_URL: 'postgres://x', DEHUG_HOME: '/home/dehug', DEHUG_HUB_PORT: '0' }
  expect(readConfig(env)).toMatchObject({ host: '127.0.0.1', port: 0, storeDir: '/home/dehug/store', chain: undefined })
  const chain = { DEHUG_RPC_URL: 'http://127.0.0.1:8545', DEHUG_DEPLOYMENT: '31337', DEHUG_RELAYER_KEY: '0x01' }
  expect(readConfig({ ...env, ...chain }).chain).toEqual({
    rpcUrl: 'http://127.0.0.1:8545',
    deployment: 31337,
    relayerKey: '0x01',
  })
})

test('error: what is missing or wrong is named', () => {
  expect(() => readConfig({})).toThrow('The hub needs a database: DATABASE_URL is not set.')
  expect(() => readConfig({ DATABASE_URL: 'x', DEHUG_HUB_PORT: 'http' })).toThrow(
    'DEHUG_HUB_PORT is "http"; expected a port number.',
  )
})
