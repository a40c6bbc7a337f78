import { rmSync } from 'node:fs'
import { access, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const tries = 40
const pauseMs = 50

/**
 * The name of the build that is to be served, which stays until this process ends: it says so in the build's folder, and
 * then looks whether the build is finished, as those who remove builds look the other way round (see Builds.ts).
 */
export const claimBuild = async (folder) => {
  for (let i = 0; i < tries; i += 1) {
    const name = await readFile(join(folder, 'current'), 'utf8').catch(() => undefined)
    if (name === undefined) break
    const mark = join(folder, name, 'users', String(process.pid))
    try {
      await writeFile(mark, '')
      await access(join(folder, name, 'built'))
      process.once('exit', () => rmSync(mark, { force: true }))
      return name
    } catch {
      await rm(mark, { force: true })
      await sleep(pauseMs)
    }
  }
  throw new Error('The web app is not built: run npm run build.')
}
