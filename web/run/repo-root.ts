import 'server-only'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The folder that DeHug is installed in, with its docs and packages; the server may be started from there or from web/. */
export const repoRoot = (): string =>
  [process.cwd(), resolve(process.cwd(), '..')].find((path) => existsSync(join(path, 'docs/architecture.md'))) ??
  process.cwd()
