import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** What the environment says, read once when a command starts. */
export type CliConfig = {
  /** Folder of keys, caches and (for `up`) the whole network. */
  home: string
  /** Origin of the hub, without a trailing slash. */
  endpoint: string
  token: string | undefined
  /** Token of the hub that is imported from. */
  sourceToken: string | undefined
  privateKey: string | undefined
  apiKey: string | undefined
  rpcUrl: string | undefined
  databaseUrl: string | undefined
  storeDir: string | undefined
  userId: number | undefined
  /** Whether verified pulls are told to the hub: not in continuous integration, nor where DEHUG_PULL_RECEIPTS is 0. */
  countsPulls: boolean
}

export const defaultEndpoint = 'http://127.0.0.1:4800'

/** Reads DEHUG_HOME, DEHUG_ENDPOINT (or HF_ENDPOINT), DEHUG_TOKEN (or HF_TOKEN), DEHUG_SOURCE_TOKEN, DEHUG_PRIVATE_KEY, DEHUG_API_KEY, DEHUG_RPC_URL, DATABASE_URL, DEHUG_STORE, DEHUG_PULL_RECEIPTS, CI. */
export function configFrom(env: Record<string, string | undefined>): CliConfig {
  const endpoint = env.DEHUG_ENDPOINT || env.HF_ENDPOINT || defaultEndpoint
  return {
    home: resolve(env.DEHUG_HOME || join(env.HOME || homedir(), '.dehug')),
    endpoint: endpoint.replace(/\/+$/, ''),
    token: env.DEHUG_TOKEN || env.HF_TOKEN || undefined,
    sourceToken: env.DEHUG_SOURCE_TOKEN || undefined,
    privateKey: env.DEHUG_PRIVATE_KEY || undefined,
    apiKey: env.DEHUG_API_KEY || env.OPENAI_API_KEY || undefined,
    rpcUrl: env.DEHUG_RPC_URL || undefined,
    databaseUrl: env.DATABASE_URL || undefined,
    storeDir: env.DEHUG_STORE || undefined,
    userId: process.getuid?.(),
    countsPulls: env.DEHUG_PULL_RECEIPTS !== '0' && (env.CI ?? '') === '',
  }
}

/** The environment of this process; the only place of the room that reads it. */
export const environment = (): Record<string, string | undefined> => process.env
