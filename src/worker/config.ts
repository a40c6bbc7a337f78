import { z } from 'zod'
import { BadInput, type Hex, Price, Struct } from '../core/index.ts'

const privateKey = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, 'expected 0x and 64 hexadecimal digits')
  .transform((text) => text as Hex)
const usdc = z
  .string()
  .default('0')
  .transform((text) => Price.fromUsdc(text))

/** Prices in USDC (`"0.15"`) per 10⁶ units, and a call; free unless said. */
const prices = z.strictObject({ in: usdc, out: usdc, ms: usdc, call: usdc }).prefault({})

const served = z.strictObject({
  /** `namespace/name`, with `@root` behind it for one version; without, the newest is served. */
  model: z
    .string()
    .regex(/^[^/@\s]+\/[^/@\s]+(@0x[0-9a-f]{64})?$/, 'expected "namespace/name" or "namespace/name@0x…"'),
  prices,
  maxIn: z.int().positive().default(4096),
  maxOut: z.int().positive().default(4096),
  maxMs: z.int().positive().default(120_000),
})

const schema = z.strictObject({
  host: z.string().default('127.0.0.1'),
  /** 0 takes any free port. */
  port: z.int().min(0).max(65535).default(0),
  /** Where gateways reach this worker; its own address by default. */
  publicUrl: z.url().optional(),
  databaseUrl: z.string(),
  rpcUrl: z.url(),
  /** A chain id with a committed deployment, or the path of a deployment file. */
  deployment: z.union([z.int().positive(), z.string()]),
  providerKey: privateKey,
  /** Pays the gas of claims; the provider's key by default. */
  gasKey: privateKey.optional(),
  storeDir: z.string(),
  /** Folders of hard links that the engines read. Must be on the store's file system. */
  modelsDir: z.string(),
  /** Origins to fetch manifests and files from, such as `http://127.0.0.1:4800`. */
  sources: z.array(z.url()).default([]),
  models: z.array(served).default([]),
  jobSeconds: z.int().positive().max(3600).default(120),
  idleUnloadMs: z.int().positive().default(300_000),
  retainAnswersMs: z.int().positive().default(3_600_000),
  sandbox: z.enum(['auto', 'bwrap', 'uid', 'none']).default('auto'),
  /** Engines loaded at once; the one unused for longest makes room. */
  maxEngines: z.int().positive().max(256).default(8),
  engineMemoryBytes: z
    .int()
    .positive()
    .default(2 * 2 ** 30),
  claim: z
    .strictObject({
      sum: z
        .string()
        .default('5')
        .transform((text) => Price.fromUsdc(text)),
      receipts: z.int().positive().default(10_000),
      ageMs: z
        .int()
        .positive()
        .default(24 * 3_600_000),
      /**
       * Channels worth less are neither claimed nor released, so that nobody can make this provider pay gas for next to
       * nothing; 0.001 USDC unless said, 0 on the development chain, where gas is free.
       */
      minimum: z
        .string()
        .transform((text) => Price.fromUsdc(text))
        .optional(),
    })
    .prefault({}),
  /** Models whose creators take more of each fee (in 1/10000) are not served, nor are channels with such terms. */
  maxCreatorBps: z.int().min(0).max(10_000).default(5_000),
  logLevel: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
})

export type WorkerConfig = z.output<typeof schema>
export type ServedConfig = z.output<typeof served>

/** Checks a configuration. Throws `BadInput`. */
export const parse = (json: unknown): WorkerConfig => Struct.parseWith(schema, json, 'worker configuration')

/**
 * From the environment: `DATABASE_URL`, `DEHUG_RPC_URL`, `DEHUG_DEPLOYMENT`, `DEHUG_PROVIDER_KEY`, `DEHUG_STORE`, and
 * `DEHUG_WORKER` with everything else as JSON. `given` (flags) wins over both.
 */
export function read(given: Record<string, unknown> = {}, env: NodeJS.ProcessEnv = process.env): WorkerConfig {
  const fromEnv = {
    databaseUrl: env.DATABASE_URL,
    rpcUrl: env.DEHUG_RPC_URL,
    deployment:
      env.DEHUG_DEPLOYMENT &&
      (/^\d+$/.test(env.DEHUG_DEPLOYMENT) ? Number(env.DEHUG_DEPLOYMENT) : env.DEHUG_DEPLOYMENT),
    providerKey: env.DEHUG_PROVIDER_KEY,
    storeDir: env.DEHUG_STORE,
  }
  const said = (values: object) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
  return parse({ ...parseJson(env.DEHUG_WORKER), ...said(fromEnv), ...said(given) })
}

function parseJson(text: string | undefined): object {
  if (!text) return {}
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new BadInput('DEHUG_WORKER is not JSON.', { code: 'bad_worker_configuration', cause })
  }
}
