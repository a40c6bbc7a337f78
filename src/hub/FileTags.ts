import type { Repo } from '../catalog/index.ts'

/** What file names alone tell for certain. */

type Named = { path: string }

const modelFormats: [string, RegExp][] = [
  ['pytorch', /(^|\/)(pytorch_model|adapter_model)[^/]*\.bin$/],
  ['tf', /(^|\/)tf_model[^/]*\.h5$/],
  ['jax', /(^|\/)flax_model[^/]*\.msgpack$/],
  ['tensorboard', /(^|\/)events\.out\.tfevents\./],
  ['onnx', /\.onnx$/],
  ['safetensors', /\.safetensors$/],
  ['gguf', /\.gguf$/],
  ['coreml', /\.(mlmodel|mlpackage)(\/|$)/],
  ['openvino', /(^|\/)openvino_model[^/]*\.xml$/],
]

const libraries: [string, string][] = [
  ['model_index.json', 'diffusers'],
  ['adapter_config.json', 'peft'],
  ['config_sentence_transformers.json', 'sentence-transformers'],
  ['modules.json', 'sentence-transformers'],
]

/** The library that a model's marker files belong to. */
export const library = (files: readonly Named[]): string | undefined => {
  const names = new Set(files.map(({ path }) => path))
  return libraries.find(([marker]) => names.has(marker))?.[1]
}

type DataFormat = { format: string; modality?: string }

const dataFormats: Record<string, DataFormat> = {
  ...{ csv: { format: 'csv' }, tsv: { format: 'csv' }, json: { format: 'json' }, jsonl: { format: 'json' } },
  ...{ parquet: { format: 'parquet' }, arrow: { format: 'arrow' }, txt: { format: 'text', modality: 'text' } },
  ...family('imagefolder', 'image', ['jpg', 'jpeg', 'png', 'gif', 'webp', 'bmp', 'tif', 'tiff']),
  ...family('audiofolder', 'audio', ['wav', 'mp3', 'flac', 'ogg', 'opus', 'm4a']),
  ...family('videofolder', 'video', ['mp4', 'webm', 'mkv', 'avi', 'mov']),
}

function family(format: string, modality: string, endings: string[]): Record<string, DataFormat> {
  return Object.fromEntries(endings.map((ending) => [ending, { format, modality }]))
}

/** Tags of formats and modalities. A data set has the format of most of its files. */
export const of = (type: Repo.Repo['type'], files: readonly Named[]): string[] => {
  if (type === 'model')
    return modelFormats.flatMap(([tag, name]) => (files.some(({ path }) => name.test(path)) ? [tag] : []))
  return type === 'dataset' ? datasetTags(files) : []
}

const datasetTags = (files: readonly Named[]): string[] => {
  const counts = new Map<DataFormat, number>()
  for (const { path } of files) {
    const ending = /\.([a-z0-9]{2,8})(?:\.(?:gz|zst|bz2|xz))?$/i.exec(path)?.[1]?.toLowerCase() ?? ''
    const known = Object.hasOwn(dataFormats, ending) && path !== 'dataset_infos.json' ? dataFormats[ending] : undefined
    if (known) counts.set(known, (counts.get(known) ?? 0) + 1)
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? []
  if (!most) return []
  return [`format:${most.format}`, ...(most.modality ? [`modality:${most.modality}`] : []), 'library:datasets']
}
