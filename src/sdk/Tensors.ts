import { open, readFile } from 'node:fs/promises'
import type { Manifest } from '../core/index.ts'
import type { FolderFile } from './Folder.ts'

const maxHeaderBytes = 64 * 1024 * 1024
const maxConfigBytes = 1024 * 1024

/** What safetensors headers and config.json say; undefined where neither says anything. Unreadable files say nothing. */
export async function of(files: readonly FolderFile[]): Promise<Manifest.Manifest['tensors']> {
  const dtypes: Record<string, number> = {}
  for (const file of files) {
    if (file.path.endsWith('.safetensors')) await addDtypes(file, dtypes).catch(() => undefined)
  }
  const config = await configOf(files.find((file) => file.path === 'config.json')).catch(() => ({}) as ConfigFacts)
  const params = Object.values(dtypes).reduce((sum, count) => sum + count, 0)
  if (params === 0 && config.architecture === undefined) return undefined
  return { params, dtypes, ...config }
}

/** Header: 8 bytes little-endian length, then JSON of tensors with `dtype` and `shape` (safetensors format). */
async function addDtypes(file: FolderFile, dtypes: Record<string, number>): Promise<void> {
  const handle = await open(file.absolutePath)
  try {
    const { buffer: head } = await handle.read(Buffer.alloc(8), 0, 8, 0)
    const length = Number(head.readBigUInt64LE(0))
    if (length > Math.min(maxHeaderBytes, file.size - 8)) return
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, 8)
    const header = JSON.parse(buffer.toString('utf8')) as Record<string, { dtype?: unknown; shape?: unknown }>
    for (const [name, tensor] of Object.entries(header)) {
      if (name === '__metadata__' || typeof tensor.dtype !== 'string' || !Array.isArray(tensor.shape)) continue
      const count = tensor.shape.reduce<number>((product, size) => product * Number(size), 1)
      if (Number.isSafeInteger(count)) dtypes[tensor.dtype] = (dtypes[tensor.dtype] ?? 0) + count
    }
  } finally {
    await handle.close()
  }
}

type ConfigFacts = { architecture?: string; context?: number }

async function configOf(file: FolderFile | undefined): Promise<ConfigFacts> {
  if (!file || file.size > maxConfigBytes) return {}
  const config = JSON.parse(await readFile(file.absolutePath, 'utf8')) as Record<string, unknown>
  const architecture = Array.isArray(config.architectures) ? config.architectures[0] : undefined
  const context = config.max_position_embeddings ?? config.n_positions
  return {
    ...(typeof architecture === 'string' ? { architecture } : {}),
    ...(Number.isSafeInteger(context) ? { context: context as number } : {}),
  }
}
