const always = new Set(['pkl', 'pickle', 'pck', 'joblib', 'dill', 'pt', 'pth', 'ckpt'])
const safe = new Set(['safetensors', 'onnx', 'gguf', 'json', 'txt', 'md', 'parquet', 'csv', 'png', 'jpg', 'jpeg'])
/** The first bytes of a file that {@link detect} looks at. */
export const sampleBytes = 512

/** Whether loading a file may run code that its author chose, where its name alone says so. */
export function byName(path: string): boolean | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  const extension = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1) : ''
  if (always.has(extension)) return true
  return safe.has(extension) ? false : undefined
}

/**
 * Whether loading the file may run code that its author chose: by its name, by the pickle protocol mark, or by
 * PyTorch's zip with a `data.pkl`. `head` is the beginning of the file (at least {@link sampleBytes} where it has them).
 */
export function detect(path: string, head: Uint8Array): boolean {
  const named = byName(path)
  if (named !== undefined) return named
  const protocol = head[1] ?? 0
  if (head[0] === 0x80 && protocol >= 2 && protocol <= 5) return true
  return isZip(head) && new TextDecoder('latin1').decode(head).includes('data.pkl')
}

const isZip = (head: Uint8Array) => head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4
