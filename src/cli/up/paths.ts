import { join } from 'node:path'
import type { Home } from './Home.ts'

/** Where the addresses of the contracts are kept for processes that read them from a file. */
export const deploymentPath = (home: Home): string => join(home.chain, 'deployment.json')
