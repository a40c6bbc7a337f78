import { z } from 'zod'
import { Struct } from '../core/index.ts'

const privateKey = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, 'expected 0x and 64 hexadecimal digits')
  .transform((text) => text as `0x${string}`)

const schema = z.strictObject({
  host: z.string().default('127.0.0.1'),
  /** 0 takes any free port. */
  port: z.int().min(0).max(65535).default(0),
  /** Where callers reach this gateway; without it, the address each request came to. */
  publicUrl: z.url().optional(),
  databaseUrl: z.string(),
  rpcUrl: z.url(),
  /** A chain id with a committed deployment, or the path of a deployment file. */
  deployment: z.union([z.int().positive(), z.string()]),
  /** Pays the gas of locks, sessions and withdrawals. */
  relayerKey: privateKey,
  /** Providers to ask besides those registered on chain. */
  providers: z.array(z.url()).default([]),
  refreshMs: z.int().positive().default(10_000),
  /** µUSDC that a lock adds when a request does not need more. */
  lockMicroUsdc: z
    .string()
    .regex(/^[1-9]\d{0,17}$/)
    .default('50000')
    .transform(BigInt),
  /** µUSDC below which what is left in a retired channel is not worth the gas of closing it. */
  closeMinimumMicroUsdc: z
    .string()
    .regex(/^\d{1,18}$/)
    .default('1000')
    .transform(BigInt),
  /** How long the chain must say that a channel is closed until that is final. */
  closeConfirmSeconds: z.int().min(0).default(600),
  /** After so long without use it is looked up whether a channel's session has ended. */
  sessionIdleSeconds: z.int().min(0).default(3_600),
  /** How often retired channels are looked at. */
  closeSweepMs: z.int().positive().default(15_000),
  /** Largest creator's part, in 1/10,000, of the channels that are opened. */
  maxCreatorBps: z.int().min(0).max(10_000).default(9_500),
  /** How long answers are kept for a repeated idempotency key. */
  answerRetentionMs: z
    .int()
    .positive()
    .default(24 * 3_600_000),
  /** How long a request waits for an answer whose connection broke. */
  recoverMs: z.int().positive().default(15_000),
  /** How long to wait at start for lane 0, which a process killed a moment ago may still hold. */
  lanePatienceMs: z.int().min(0).default(3_000),
  /** How often it is written down how providers do. */
  healthFlushMs: z.int().positive().default(10_000),
  connectionsPerProvider: z.int().positive().default(256),
  logLevel: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
})

export type GatewayConfig = z.output<typeof schema>

/** Checks a configuration. Throws `BadInput`. */
export const parse = (json: unknown): GatewayConfig => Struct.parseWith(schema, json, 'gateway configuration')

/**
 * From the environment: `DATABASE_URL`, `DEHUG_RPC_URL`, `DEHUG_DEPLOYMENT`, `DEHUG_RELAYER_KEY`, `DEHUG_GATEWAY_URL`, and
 * `DEHUG_PROVIDERS` (URLs with commas between). `given` (flags) wins.
 */
export function read(given: Record<string, unknown> = {}, env: NodeJS.ProcessEnv = process.env): GatewayConfig {
  const deployment = env.DEHUG_DEPLOYMENT
  const fromEnv = {
    databaseUrl: env.DATABASE_URL,
    rpcUrl: env.DEHUG_RPC_URL,
    deployment: deployment && (/^\d+$/.test(deployment) ? Number(deployment) : deployment),
    relayerKey: env.DEHUG_RELAYER_KEY,
    publicUrl: env.DEHUG_GATEWAY_URL,
    providers: env.DEHUG_PROVIDERS?.split(',').filter((url) => url !== ''),
  }
  const said = (values: object) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
  return parse({ ...said(fromEnv), ...said(given) })
}
