#!/usr/bin/env node
// Lets forge compile with the npm package solc: the two calls of the native command line that forge makes.
const { readFileSync } = require('node:fs')
const solc = require('solc')

const args = process.argv.slice(2)
const read = (path) => {
  try {
    return { contents: readFileSync(path, 'utf8') }
  } catch {
    return { error: `${path} not found` }
  }
}
if (args.includes('--version')) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`)
} else if (args.includes('--standard-json')) {
  process.stdout.write(solc.compile(readFileSync(0, 'utf8'), { import: read }))
} else {
  process.stderr.write(`solc.cjs: unsupported arguments: ${args.join(' ')}\n`)
  process.exitCode = 1
}
