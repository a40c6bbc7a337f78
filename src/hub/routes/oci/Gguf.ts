import type { Manifest } from '../../../core/index.ts'

type File = Manifest.File

/** Files of weights that llama.cpp reads; parts of split ones are left out, because registry clients cannot join them. */
export const filesOf = (files: File[]): File[] =>
  files.filter(
    ({ path }) => /\.gguf$/i.test(path) && !/-\d{5}-of-\d{5}\.gguf$/i.test(path) && !/(^|\/)mmproj/i.test(path),
  )

/** `Q4_K_M` of `model-q4_k_m.gguf`. */
export const quantOf = (path: string): string | undefined =>
  /[-._]((?:i?q|tq)\d\w*|bf16|f16|fp16|f32)\.gguf$/i.exec(path)?.[1]?.toUpperCase()

/** The file of a quantisation, in any letter case. */
export const ofQuant = (files: File[], tag: string): File | undefined =>
  filesOf(files).find(({ path }) => quantOf(path) === tag.toUpperCase())

/** The file that is meant when none is named: Q4_K_M, as others do, else the first. */
export const preferred = (files: File[]): File | undefined => ofQuant(files, 'Q4_K_M') ?? filesOf(files)[0]

const roles: Record<string, string> = { template: 'template', system: 'system', params: 'params' }

/** What a file is to Ollama. */
export const roleOf = (path: string): string => roles[path] ?? (/^license/i.test(path) ? 'license' : 'model')

/** The file of weights first, then the files at the top that say how it is used. */
export const belongingTo = (files: File[], file: string): File[] => [
  ...files.filter(({ path }) => path === file),
  ...files.filter(({ path }) => path in roles || /^license(\.(txt|md))?$/i.test(path)),
]

const sizes: Record<number, number> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 }
const stringType = 8

/**
 * `general.architecture` in the beginning of a GGUF file; undefined where it is not among the first entries.
 * Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export const architectureOf = (head: Buffer): string | undefined => {
  try {
    if (head.toString('latin1', 0, 4) !== 'GGUF') return undefined
    const entries = Number(head.readBigUInt64LE(16))
    let at = 24
    const text = () => {
      const length = Number(head.readBigUInt64LE(at))
      at += 8 + length
      return head.subarray(at - length, at).toString('utf8')
    }
    for (let i = 0; i < Math.min(entries, 1000); i += 1) {
      const key = text()
      const type = head.readUInt32LE(at)
      at += 4
      if (type === stringType) {
        const value = text()
        if (key === 'general.architecture') return /^[\w.-]{1,64}$/.test(value) ? value : undefined
      } else {
        const size = sizes[type]
        if (size === undefined) return undefined
        at += size
      }
    }
  } catch {}
  return undefined
}
