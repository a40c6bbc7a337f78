import { BadInput } from '../core/index.ts'

/**
 * What a registry client and the hub say to each other: the pull part of the OCI distribution specification 1.1, the
 * model artifact of the CNCF ModelPack specification, and what Ollama asks for.
 * Source: https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export const media = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  model: 'application/vnd.cncf.model.manifest.v1+json',
  modelConfig: 'application/vnd.cncf.model.config.v1+json',
  ollamaConfig: 'application/vnd.docker.container.image.v1+json',
} as const

export type Descriptor = { mediaType: string; digest: string; size: number; annotations?: Record<string, string> }

export type Manifest = {
  schemaVersion: 2
  mediaType: string
  artifactType?: string
  config: Descriptor
  layers: Descriptor[]
  annotations?: Record<string, string>
}

/** What a manifest is asked for by. `hex` is the digest's. */
export type Reference = { kind: 'digest'; hex: string } | { kind: 'tag'; tag: string }

const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/

/** Whether a branch or tag of git can be a tag of a registry. */
export const isTag = (text: string): boolean => tagPattern.test(text)

/** Reads a tag or a digest. Throws {@link BadDigest}, {@link BadTag}. */
export const parseReference = (text: string): Reference => {
  if (text.includes(':')) return { kind: 'digest', hex: parseDigest(text) }
  if (!isTag(text)) throw new BadTag(text)
  return { kind: 'tag', tag: text }
}

/** Reads `sha256:…`; other well-formed algorithms are known to nobody here. Throws {@link BadDigest}. */
export const parseDigest = (text: string): string => {
  const [, algorithm, encoded = ''] = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):([a-zA-Z0-9=_-]{1,256})$/.exec(text) ?? []
  if (algorithm === undefined || (algorithm === 'sha256' && !/^[0-9a-f]{64}$/.test(encoded))) throw new BadDigest(text)
  return algorithm === 'sha256' ? encoded : ''
}

/** The error codes of the specification. */
export type ErrorCode =
  | 'BLOB_UNKNOWN'
  | 'DENIED'
  | 'DIGEST_INVALID'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_UNKNOWN'
  | 'UNAUTHORIZED'
  | 'UNSUPPORTED'

/** The body of a failed request. */
export const failure = (code: ErrorCode, message: string) => ({ errors: [{ code, message, detail: {} }] })

/** A digest that cannot be one. */
export class BadDigest extends BadInput {
  constructor(text: string) {
    super(`"${text.slice(0, 100)}" is not a digest.`, {
      code: 'digest_invalid',
      hint: 'Use sha256: and 64 hex digits.',
    })
  }
}

/** A tag that cannot be one. */
export class BadTag extends BadInput {
  constructor(text: string) {
    super(`"${text.slice(0, 140)}" is not a tag.`, { code: 'tag_invalid' })
  }
}
