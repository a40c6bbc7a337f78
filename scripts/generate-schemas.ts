// Writes the JSON Schema of each noun into spec/schemas; with --check it only compares and exits 1 when one is stale.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { schemas } from '../src/core/schemas.ts'

const check = process.argv.includes('--check')
const folder = new URL('../spec/schemas/', import.meta.url)
mkdirSync(folder, { recursive: true })

let stale = 0
for (const [name, schema] of Object.entries(schemas())) {
  const file = new URL(`${name}.json`, folder)
  const text = `${JSON.stringify(schema, null, 2)}\n`
  if (check && read(file) !== text) {
    console.error(`spec/schemas/${name}.json is stale: run "node --import tsx scripts/generate-schemas.ts".`)
    stale += 1
  }
  if (!check) writeFileSync(file, text)
}
process.exitCode = stale > 0 ? 1 : 0

function read(file: URL): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
