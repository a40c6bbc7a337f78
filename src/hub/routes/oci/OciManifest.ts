import { createHash } from 'node:crypto'
import type { RepoId } from '../../../core/index.ts'
import { DehugError, Json } from '../../../core/index.ts'
import { OciWire } from '../../../wire/index.ts'
import * as Gguf from './Gguf.ts'
import type { Pulled } from './OciRepo.ts'

/** A document as its bytes. `digest` is 64 hex digits. */
export type Document = { bytes: Buffer; digest: string; mediaType: string }

/** Manifest and config of a commit; the same commit gives the same bytes, here and on every hub. */
export type Documents = { manifest: Document; config: Document }

/** Most clients refuse larger ones. */
const maxManifestBytes = 4 * 2 ** 20

/** One layer a file, with its bytes as they are: the model artifact of CNCF ModelPack. `file` limits it to one file of weights. */
export const ofModel = (type: RepoId.RepoType, { commit, files }: Pulled, file: string): Documents => {
  const wanted = file === '' ? files : Gguf.belongingTo(files, file)
  const created = new Date(commit.at * 1000).toISOString()
  const config = documentOf(OciWire.media.modelConfig, {
    descriptor: { createdAt: created, revision: commit.oid },
    modelfs: { type: 'layers', diffIds: wanted.map(({ sha256 }) => `sha256:${sha256}`) },
    config: {},
  })
  const layers = wanted.map(({ path, sha256, size }) => ({
    mediaType: layerType(type, path),
    digest: `sha256:${sha256}`,
    size,
    annotations: { 'org.opencontainers.image.title': path, 'org.cncf.model.filepath': path },
  }))
  return manifestOf(config, {
    mediaType: OciWire.media.manifest,
    artifactType: OciWire.media.model,
    layers,
    annotations: { 'org.opencontainers.image.created': created, 'org.opencontainers.image.revision': commit.oid },
  })
}

/** What Ollama runs: one GGUF file, and template, system prompt, parameters and license where the repository has them. */
export const ofOllama = ({ files }: Pulled, file: string, architecture: string): Documents => {
  const layers = Gguf.belongingTo(files, file).map(({ path, sha256, size }) => ({
    mediaType: `application/vnd.ollama.image.${Gguf.roleOf(path)}`,
    digest: `sha256:${sha256}`,
    size,
  }))
  const config = documentOf(OciWire.media.ollamaConfig, {
    model_format: 'gguf',
    model_family: architecture,
    model_families: [architecture],
    file_type: Gguf.quantOf(file) ?? 'unknown',
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  })
  return manifestOf(config, { mediaType: OciWire.media.dockerManifest, layers })
}

const manifestOf = (
  config: Document,
  parts: Pick<OciWire.Manifest, 'mediaType' | 'layers'> & Partial<OciWire.Manifest>,
): Documents => {
  const manifest: OciWire.Manifest = {
    schemaVersion: 2,
    ...parts,
    config: { mediaType: config.mediaType, digest: `sha256:${config.digest}`, size: config.bytes.length },
  }
  const made = documentOf(parts.mediaType, manifest)
  if (made.bytes.length > maxManifestBytes) throw new ManifestTooLarge(parts.layers.length)
  return { manifest: made, config }
}

const documentOf = (mediaType: string, value: unknown): Document => {
  const bytes = Buffer.from(Json.canonical(value))
  return { bytes, mediaType, digest: createHash('sha256').update(bytes).digest('hex') }
}

const kinds: [RegExp, string][] = [
  [/\.(safetensors|gguf|onnx|bin|pt|pth|ckpt|h5|msgpack|onnx_data|tflite|npz)$/i, 'weight'],
  [/\.(md|txt|pdf|rst)$|(^|\/)(license|notice)[^/]*$/i, 'doc'],
  [/\.(py|ipynb|sh|js|ts)$/i, 'code'],
]

const layerType = (type: RepoId.RepoType, path: string): string => {
  const kind = kinds.find(([pattern]) => pattern.test(path))?.[1]
  return `application/vnd.cncf.model.${kind ?? (type === 'dataset' ? 'dataset' : 'weight.config')}.v1.raw`
}

/** Clients take manifests of a few megabytes only. */
export class ManifestTooLarge extends DehugError {
  constructor(files: number) {
    super(`A manifest of ${files} files is larger than registry clients take.`, {
      code: 'manifest_too_large',
      status: 413,
      hint: 'Pull this repository with dehug, git or huggingface_hub.',
    })
  }
}
