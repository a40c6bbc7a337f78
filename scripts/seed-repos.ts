// Fills a hub's database with models for measurements: node --import tsx scripts/seed-repos.ts postgres://… [100000]
import { openCatalog } from '../src/catalog/index.ts'
import { seedRepos } from '../src/hub/bench-repos.ts'

const [databaseUrl, count = '100000'] = process.argv.slice(2)
if (!databaseUrl || !/^[1-9]\d{0,6}$/.test(count)) {
  console.error('Say which database and how many: node --import tsx scripts/seed-repos.ts postgres://… 100000')
  process.exit(2)
}
await using catalog = await openCatalog({ databaseUrl })
await seedRepos(catalog, Number(count))
console.log(`${count} models are there.`)
