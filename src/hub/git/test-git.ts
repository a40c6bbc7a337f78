import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startHubClient } from '../hub-client.ts'

/** Whether the programs are here that the tests drive. */
export const hasGit = spawnSync('git', ['--version']).status === 0
export const hasLfs = hasGit && spawnSync('git-lfs', ['--version']).status === 0

export type Ran = { code: number; out: string; err: string }

/** A hub and an empty home folder, with the real git to talk to it. */
export const startGitHub = async (limits: Parameters<typeof startHubClient>[0] = {}) => {
  const hub = await startHubClient(limits)
  const home = await mkdtemp(join(tmpdir(), 'dehug-git-'))
  const env = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: home,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.org',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.org',
  }
  /** Runs git in a folder below the home; a failure is an answer too. */
  const tryGit = (folder: string, ...args: string[]): Promise<Ran> =>
    new Promise((resolve) => {
      const options = { cwd: join(home, folder), env, maxBuffer: 1 << 28 }
      execFile('git', args, options, (error, out, err) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err }),
      )
    })
  const git = async (folder: string, ...args: string[]): Promise<string> => {
    const { code, out, err } = await tryGit(folder, ...args)
    if (code !== 0) throw new Error(`git ${args.join(' ')} in ${folder} ended with ${code}: ${err}${out}`)
    return out.trim()
  }
  /** The address of a repository, with a token in it where one is given. */
  const at = (repo: string, token?: string): string =>
    `${token === undefined ? hub.url : hub.url.replace('//', `//user:${token}@`)}/${repo}`
  const stop = async () => {
    await hub.stop()
    await rm(home, { recursive: true, force: true })
  }
  return { ...hub, home, git, tryGit, at, stop }
}

export type GitHub = Awaited<ReturnType<typeof startGitHub>>
