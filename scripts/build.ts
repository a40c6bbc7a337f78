// Compiles contracts and the package into dist/, which runs on plain Node, and builds the web app.
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { buildWeb } from '../web/build.ts'
import { forge, run, tool } from './run.ts'

const root = new URL('../', import.meta.url)
rmSync(new URL('dist', root), { recursive: true, force: true })
const failed = run(forge, ['build']) !== 0 || run(tool('tsc'), ['-p', 'tsconfig.build.json']) !== 0
if (failed) process.exit(1)

copyAssets()

const { scripts: _, devDependencies: __, ...manifest } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
const built = { ...manifest, exports: { './core': './core/index.js', './sdk': './sdk/index.js' } }
writeFileSync(new URL('dist/package.json', root), `${JSON.stringify({ ...built, bin: undefined }, null, 2)}\n`)
cpSync(new URL('LICENSE', root), new URL('dist/LICENSE', root))
const web = await buildWeb()
console.log(`Built dist/. The web app is ${web.built ? 'built' : 'up to date'}.`)

/** What runs or is read as it stands: the engine's children, hash workers and database migrations. */
function copyAssets(): void {
  const assets = readdirSync(new URL('src', root), { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.mjs$|\/migrations\/.*\.(sql|json)$/.test(path) && !path.includes('/testing/'),
  )
  for (const path of assets) cpSync(new URL(`src/${path}`, root), new URL(`dist/${path}`, root))
}
