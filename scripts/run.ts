import { spawnSync } from 'node:child_process'

/** Runs a command in the project's root with its output shown; gives its exit code. */
export function run(command: string, args: string[], env: Record<string, string> = {}): number {
  const { status, error } = spawnSync(command, args, {
    cwd: new URL('..', import.meta.url),
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  if (error) console.error(`${command} could not be started: ${error.message}`)
  return status ?? 1
}

/** A tool of the project's own node_modules. */
export const tool = (name: string): string => new URL(`../node_modules/.bin/${name}`, import.meta.url).pathname

/** The Solidity compiler and test runner. Its npm wrapper exits 0 on failing tests, so the binary is called. */
export const forge = new URL('../node_modules/@foundry-rs/forge-linux-amd64/bin/forge', import.meta.url).pathname
