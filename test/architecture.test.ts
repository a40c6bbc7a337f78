import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { diagram, rooms } from './architecture.ts'

const root = resolve(import.meta.dirname, '..')
const src = join(root, 'src')

const sources = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
  (path) => /\.(ts|mts)$/.test(path) && !/\.(test|bench)\.ts$|test-|testing|\/test\//.test(path),
)

const imports = (path: string): string[] =>
  [...readFileSync(join(src, path), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, to]) =>
    relative(src, resolve(dirname(join(src, path)), to as string)),
  )

const crossings = sources.flatMap((path) =>
  imports(path)
    .map((to) => ({ path, to, from: path.split('/')[0] as string, room: to.split('/')[0] as string }))
    .filter(({ from, room }) => from !== room),
)

test('behavior: every folder in src is a room of the plan', () => {
  const folders = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(folders.map(({ name }) => name).filter((name) => !(name in rooms))).toEqual([])
})

test('behavior: a room imports only the rooms the plan allows', () => {
  const forbidden = crossings.filter(({ from, room }) => room !== '..' && !rooms[from]?.includes(room))
  expect(forbidden.map(({ path, to }) => `${path} imports ${to}`)).toEqual([])
})

test('behavior: a room is entered through its index only, or through web.ts for what runs in browsers', () => {
  const sideDoors = crossings.filter(({ to, room }) => room !== '..' && !/^\w+\/(index|web)\.ts$/.test(to))
  expect(sideDoors.map(({ path, to }) => `${path} imports ${to}`)).toEqual([])
})

test('behavior: core imports no part of Node and no clock or environment', () => {
  const files = sources.filter((path) => path.startsWith('core/'))
  const worldly = files.filter((path) =>
    /from 'node:|process\.|Date\.now|Math\.random|fetch\(/.test(readFileSync(join(src, path), 'utf8')),
  )
  expect(worldly).toEqual([])
})

test('behavior: docs/architecture.md shows the plan as it is', () => {
  expect(readFileSync(join(root, 'docs/architecture.md'), 'utf8')).toContain(diagram())
})
