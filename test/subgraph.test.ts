import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getTableColumns, is } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import { expect, test } from 'vitest'
import * as ponder from '../indexer/ponder.schema.ts'
import { manifest } from '../ops/subgraph/subgraph.ts'
import type { Deployment } from '../src/chain/index.ts'

const root = join(import.meta.dirname, '..')

/** The Graph's type of each of Ponder's. */
const types: Record<string, string> = {
  PgText: 'String',
  PgHex: 'Bytes',
  PgEvmBigint: 'BigInt',
  PgInteger: 'Int',
  PgBoolean: 'Boolean',
}

/** Fields with their types by entity. An id is text there, whatever it is here. */
const entitiesOfPonder = () =>
  Object.fromEntries(
    Object.entries(ponder).flatMap(([name, table]) => {
      if (!is(table, PgTable)) return []
      const fields = Object.entries(getTableColumns(table)).flatMap(([field, column]) =>
        field === 'id' ? [] : [[field, `${types[column.columnType] ?? column.columnType}${column.notNull ? '!' : ''}`]],
      )
      return [[name.charAt(0).toUpperCase() + name.slice(1), { ...Object.fromEntries(fields), id: 'ID!' }]]
    }),
  )

const entitiesOfSubgraph = () => {
  const text = readFileSync(join(root, 'ops/subgraph/schema.graphql'), 'utf8').replace(/""".*"""|#.*/g, '')
  return Object.fromEntries(
    [...text.matchAll(/type (\w+) @entity\(immutable: (?:true|false)\) \{([^}]*)\}/g)].map(([, name, body = '']) => [
      name,
      Object.fromEntries([...body.matchAll(/(\w+): (\S+)/g)].map(([, field, type]) => [field, type])),
    ]),
  )
}

const zero = `0x${'00'.repeat(20)}`
const names = [
  'ModelRegistry',
  'ModelNFT',
  'RevenueLedger',
  'ProviderRegistry',
  'UsageController',
  'EngagementOracle',
  'Badges',
]
const deployment = {
  ...{ chainId: 84532, block: 7 },
  contracts: Object.fromEntries(names.map((name) => [name, zero])),
} as unknown as Deployment.Deployment

type Source = {
  name: string
  network: string
  mapping: { file: string; eventHandlers: { event: string; handler: string }[] }
}
const sourcesOf = (of: Deployment.Deployment) => (manifest(of) as { dataSources: Source[] }).dataSources

test('behavior: the subgraph has the entities and fields of the indexer', () => {
  expect(Object.keys(entitiesOfPonder()).length).toBeGreaterThan(20)
  expect(entitiesOfSubgraph()).toEqual(entitiesOfPonder())
})

test('behavior: it hears the events that the indexer hears, and each has its handler', () => {
  const folder = join(root, 'indexer/src')
  const heard = readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [...readFileSync(join(folder, name), 'utf8').matchAll(/ponder\.on\('(\w+:\w+)'/g)])
    .map(([, event]) => event)
  const handled = sourcesOf(deployment).flatMap(({ name, mapping }) => {
    const code = readFileSync(join(root, 'ops/subgraph', mapping.file), 'utf8')
    return mapping.eventHandlers.map(({ event, handler }) => {
      expect(code, mapping.file).toContain(`export function ${handler}(`)
      return `${name}:${event.slice(0, event.indexOf('('))}`
    })
  })
  expect(handled.sort()).toEqual(heard.sort())
})

test('behavior: a deployment tells network, and what it lacks is left out', () => {
  expect(sourcesOf(deployment).map(({ name, network }) => `${network} ${name}`)).toEqual(
    names.map((name) => `base-sepolia ${name}`),
  )
  const { Badges: _, ...contracts } = deployment.contracts
  const older = { ...deployment, chainId: 31337, contracts } as Deployment.Deployment
  expect(sourcesOf(older).map(({ network }) => network)).toEqual(names.slice(1).map(() => 'anvil'))
})
