// Runs every *.bench.ts in src and test (or those whose path holds an argument) and prints their rows.
import { readdirSync } from 'node:fs'
import { cpus } from 'node:os'

/** One measured number; `ratio` is to the limit measured in the same run. */
type Row = Record<string, string | number | undefined>

const root = new URL('../', import.meta.url)
const wanted = process.argv.slice(2)
const files = ['src', 'test']
  .flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  )
  .filter((path) => path.endsWith('.bench.ts'))
  .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)))

console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`)
for (const file of files) {
  const { bench } = (await import(new URL(file, root).href)) as { bench: () => Promise<Row[]> }
  console.log(`\n${file}`)
  console.table(await bench())
}
