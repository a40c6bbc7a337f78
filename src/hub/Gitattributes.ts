import picomatch from 'picomatch'

/** Says of a path whether git would filter it through LFS. */
export type LfsRule = (path: string) => boolean

const options = { dot: true, nobrace: true, noextglob: true, noglobstar: false, nonegate: true, nocase: false } as const

/** Compiles a pattern of .gitattributes or .gitignore: without a slash inside it matches names at any depth. */
export const compile = (pattern: string): ((path: string) => boolean) => {
  const anchored = pattern.replace(/^\//, '')
  const deep = anchored.includes('/') || pattern.startsWith('/') ? anchored : `**/${anchored}`
  const matches = picomatch(deep, options)
  return (path) => matches(path)
}

/** Reads the `filter` attribute out of a .gitattributes text; the last line that says something about a path counts. */
export const lfsRule = (text: string): LfsRule => {
  const rules = text.split(/\r?\n/).flatMap((line) => {
    const [pattern, ...attributes] = line.trim().split(/\s+/)
    if (!pattern || pattern.startsWith('#') || pattern.startsWith('[attr]')) return []
    const filter = attributes.findLast((attribute) => /^[-!]?filter(=|$)/.test(attribute))
    return filter === undefined ? [] : [{ matches: compile(pattern), lfs: filter === 'filter=lfs' }]
  })
  return (path) => rules.findLast(({ matches }) => matches(path))?.lfs ?? false
}

/** What a new repository starts with: the file types the Hugging Face Hub sends through LFS. */
export const initial = [
  ...[
    '7z',
    'arrow',
    'bin',
    'bz2',
    'ckpt',
    'ftz',
    'gguf',
    'gz',
    'h5',
    'joblib',
    'lfs.*',
    'lz4',
    'mds',
    'mlmodel',
    'model',
  ],
  ...['msgpack', 'npy', 'npz', 'onnx', 'ot', 'parquet', 'pb', 'pickle', 'pkl', 'pt', 'pth', 'rar', 'safetensors'],
  ...['tar.*', 'tar', 'tflite', 'tgz', 'wasm', 'xz', 'zip', 'zst'],
]
  .map((extension) => `*.${extension} filter=lfs diff=lfs merge=lfs -text`)
  .concat('saved_model/**/* filter=lfs diff=lfs merge=lfs -text', '*tfevents* filter=lfs diff=lfs merge=lfs -text')
  .map((line) => `${line}\n`)
  .join('')
