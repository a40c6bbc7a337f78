// Compiles contracts and the package into dist/, which runs on plain Node.
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { forge, run, tool } from './run.ts'

const root = new URL('../', import.meta.url)
rmSync(new URL('dist', root), { recursive: true, force: true })
const failed = run(forge, ['build']) !== 0 || run(tool('tsc'), ['-p', 'tsconfig.build.json']) !== 0
if (failed) process.exit(1)

const { scripts: _, devDependencies: __, ...manifest } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
const built = { ...manifest, exports: { './core': './core/index.js', './sdk': './sdk/index.js' } }
writeFileSync(new URL('dist/package.json', root), `${JSON.stringify({ ...built, bin: undefined }, null, 2)}\n`)
cpSync(new URL('LICENSE', root), new URL('dist/LICENSE', root))
console.log('Built dist/.')
