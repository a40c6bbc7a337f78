import { readConfig } from '../config.ts'
import { start } from '../start.ts'

/** A hub in a process of its own, for tests that kill it; the environment configures it. */
const hub = await start(readConfig())
process.send?.(hub.url)
