import { existsSync, readFileSync } from 'node:fs'
import { mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { Bytes, VerificationFailed } from '../core/index.ts'
import { rpc } from './rpc.ts'

const inflate = promisify(gunzip)

/**
 * Keeps a copy of the development chain's state on disk while it runs. anvil's own `--state-interval` rewrites the file in
 * place every second, so that a kill may leave half a file, and does so for idle blocks too; here the file is replaced as a
 * whole, after blocks that hold transactions and after every tenth idle block.
 */
export function persist(options: { rpcUrl: string; path: string; intervalMs?: number }) {
  let savedBlock = -1n
  let seenBlock = -1n
  let running = Promise.resolve()
  const step = async () => {
    const head = BigInt((await rpc(options.rpcUrl, 'eth_blockNumber')) as string)
    if (head === seenBlock) return
    const due = seenBlock < 0n || head < seenBlock || head - savedBlock >= idleBlocks
    if (due || (await anyTransactions(options.rpcUrl, seenBlock + 1n, head))) {
      await save(options.rpcUrl, options.path)
      savedBlock = head
    }
    seenBlock = head
  }
  // A node that is stopping does not answer; its exit is reported by whoever watches the process.
  const tick = () => {
    running = running.then(step).catch(() => {})
  }
  const timer = setInterval(tick, options.intervalMs ?? 250)
  return {
    async stop(): Promise<void> {
      clearInterval(timer)
      await running
    },
  }
}

/** A chain rewound further than the indexer deems possible (30 blocks) would have to be indexed anew. */
const idleBlocks = 10n

async function anyTransactions(rpcUrl: string, from: bigint, to: bigint): Promise<boolean> {
  for (let block = from; block <= to; block += 1n) {
    const count = await rpc(rpcUrl, 'eth_getBlockTransactionCountByNumber', [`0x${block.toString(16)}`])
    if (count !== '0x0') return true
  }
  return false
}

/** Writes the whole state; the file is either the old one or the new one. */
export async function save(rpcUrl: string, path: string): Promise<void> {
  const dump = (await rpc(rpcUrl, 'anvil_dumpState', [], 60_000)) as string
  const state = await inflate(Bytes.fromHex(dump))
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.tmp`
  const file = await open(temporary, 'w')
  try {
    await file.writeFile(state)
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

/** Throws `BrokenChainState` where the file is there and anvil could not read it. */
export function assertReadable(path: string): void {
  if (!existsSync(path)) return
  try {
    JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new BrokenChainState(path, cause)
  }
}

/** The development chain's state file is damaged. */
export class BrokenChainState extends VerificationFailed {
  constructor(path: string, cause: unknown) {
    super(`The development chain's state at ${path} is damaged.`, {
      code: 'broken_chain_state',
      hint: 'Restore the file from a copy, or start with a new home directory; this chain holds development money only.',
      details: { path },
      cause,
    })
  }
}
