// Format, lint, types, dead code, generated files and Solidity format; exits 1 when one of them complains.
import { forge, run, tool } from './run.ts'

const steps: [string, string, string[]][] = [
  ['lint and format', tool('biome'), ['check', '--error-on-warnings']],
  ['types', tool('tsc'), ['-p', '.']],
  ['indexer types', tool('tsc'), ['-p', 'indexer']],
  ['web types', tool('tsc'), ['--noEmit', '-p', 'web']],
  ['dead code', tool('knip'), []],
  ['schemas', process.execPath, ['--import', 'tsx', 'scripts/generate-schemas.ts', '--check']],
  ['ABIs', process.execPath, ['--import', 'tsx', 'scripts/generate-abis.ts', '--check']],
  ['Solidity format', forge, ['fmt', '--check']],
]

const failed = steps.filter(([name, command, args]) => {
  console.log(`> ${name}`)
  return run(command, args) !== 0
})
console.log(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.map(([name]) => name).join(', ')}.`)
process.exitCode = failed.length === 0 ? 0 : 1
