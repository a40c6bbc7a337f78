// @ts-check
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'

/** Tries to get out of the sandbox and prints what worked. The port to call is the first line of standard input. */
const port = Number(readFileSync(0, 'utf8').trim())

/** @param {() => unknown} action */
const works = (action) => {
  try {
    action()
    return true
  } catch {
    return false
  }
}

const reached = await new Promise((resolve) => {
  const socket = connect(port, '127.0.0.1')
  socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
})

const dirs = ['/', '/tmp', '/dev', '/dev/shm', '/model', '/root', '/home', '/var/tmp', '.']
const written = dirs.filter((dir) => {
  const file = `${dir}/dehug-escape-${process.pid}`
  const isWritten = works(() => writeFileSync(file, 'x'))
  works(() => rmSync(file))
  return isWritten
})

const report = {
  network: reached,
  shadow: works(() => readFileSync('/etc/shadow')),
  passwd: works(() => readFileSync('/etc/passwd')),
  repository: works(() => readFileSync(new URL('../../../package.json', import.meta.url))),
  model: works(() => readFileSync('/model/config.json')),
  written,
  processes: readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length,
  environment: readFileSync('/proc/self/environ', 'utf8').split('\0').filter(Boolean).sort(),
  capabilities: readFileSync('/proc/self/status', 'utf8').match(/CapEff:\s*(\S+)/)?.[1],
  namespaces: spawnSync('/usr/bin/unshare', ['--user', '--map-root-user', '/usr/bin/true']).status === 0,
  gigabytes: works(() => new Float64Array(2 ** 30).fill(1)),
}
process.stdout.write(JSON.stringify(report), () => process.exit(0))
