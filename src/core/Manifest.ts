import { z } from 'zod'
import type { Hex } from './Bytes.ts'
import * as Cid from './Cid.ts'
import { BadInput, VerificationFailed } from './errors.ts'
import * as Json from './Json.ts'
import * as License from './License.ts'
import * as Merkle from './Merkle.ts'
import * as Path from './Path.ts'
import * as RepoId from './RepoId.ts'
import * as Source from './Source.ts'
import { parseWith } from './Struct.ts'
import * as UnixFs from './UnixFs.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const bytes32 = z.string().regex(/^0x[0-9a-f]{64}$/)
const address = z.string().regex(/^0x[0-9a-f]{40}$/)
const repo = z.string().regex(/^(model|dataset|space):[^/\s]+\/[^/\s]+$/)

const file = z.strictObject({ path: z.string(), size: z.int().min(0), sha256, cid: z.string().max(128) })

/** How a child came from a base model or data set. */
const edge = z.strictObject({
  repo,
  root: bytes32.optional(),
  relation: z.enum(['fork', 'finetune', 'adapter', 'quantized', 'merge', 'dataset']),
})

export const schema = z.strictObject({
  schema: z.literal('dehug.manifest.v1'),
  repo,
  /** The git commit that holds exactly these files. */
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  /** Roots of the versions this one was made from; the first is what the head must be when it is anchored. */
  parents: z.array(bytes32).max(8),
  files: z.array(file).min(1).max(1_000_000),
  fileCount: z.int().min(1),
  profile: z.literal(UnixFs.profile),
  /** OpenZeppelin StandardMerkleTree over (string path, uint64 size, bytes32 sha256, bytes cid). */
  root: bytes32,
  license: License.schema,
  baseModels: z.array(edge).max(64),
  dependencies: z.array(z.strictObject({ repo, root: bytes32 })).max(64),
  evals: z
    .array(
      z.strictObject({
        task: z.string(),
        dataset: z.string(),
        datasetSha256: sha256.optional(),
        metric: z.string(),
        value: z.number(),
      }),
    )
    .max(1024),
  /** What the files of weights say about themselves. */
  tensors: z
    .strictObject({
      params: z.int().min(0),
      dtypes: z.record(z.string(), z.int().min(0)),
      architecture: z.string().optional(),
      context: z.int().optional(),
    })
    .optional(),
  task: z.string().max(64).optional(),
  libraryName: z.string().max(64).optional(),
  /** Files that can run code when they are loaded, such as pickles; their author published them knowingly. */
  unsafe: z.array(z.string()).optional(),
  /** Where an import comes from; absent in what its author published. */
  source: Source.schema.optional(),
  author: address,
  /** Signed by a delegate whom the owner allowed to, such as a hub that anchors their commits; not by the author. */
  delegated: z.literal(true).optional(),
  /** Unix time in ms. */
  createdAt: z.int().min(0),
})

/** The signed statement of what a version is (`dehug.manifest.v1`). */
export type Manifest = z.infer<typeof schema>
export type File = z.infer<typeof file>

/** What an author says; the rest of the manifest follows from it. */
export type Input = Omit<
  Manifest,
  'schema' | 'profile' | 'root' | 'fileCount' | 'baseModels' | 'dependencies' | 'evals' | 'parents' | 'repo'
> &
  Partial<Pick<Manifest, 'baseModels' | 'dependencies' | 'evals' | 'parents'>> & { repo: RepoId.RepoId }

/** Builds the manifest: files sorted by path, counted and rooted. Throws `BadInput` and `BadPath`. */
export function from(input: Input): Manifest {
  const files = [...input.files].sort((a, b) => (a.path < b.path ? -1 : 1))
  return check({
    baseModels: [],
    dependencies: [],
    evals: [],
    parents: [],
    ...input,
    schema: 'dehug.manifest.v1',
    profile: UnixFs.profile,
    repo: RepoId.key(input.repo),
    files,
    fileCount: files.length,
    root: rootOf(files),
  })
}

/** Reads a manifest from its text and checks everything a manifest says about itself. Throws `BadInput`, `BadPath`. */
export const parse = (text: string): Manifest => check(Json.parse(text, { what: 'manifest' }))

/** The canonical text (RFC 8785); its bytes are what the manifest's CID names. */
export const serialize = (manifest: Manifest): string => Json.canonical(manifest)

/** Merkle root over the files. */
export const rootOf = (files: readonly File[]): Hex => {
  if (files.length === 0) throw new BadInput('A version needs at least one file.', { code: 'no_files' })
  return Merkle.root(files.map(leafOf))
}

/** The leaf of one file. */
export const leafOf = (of: File): Hex => Merkle.fileLeaf({ ...of, cid: Cid.bytes(of.cid) })

/** Sibling hashes that prove one file to a contract. Throws `BadInput` when the path is not in the manifest. */
export function proof(manifest: Manifest, path: string): Hex[] {
  const wanted = manifest.files.find((candidate) => candidate.path === path)
  if (!wanted) throw new BadInput(`The manifest of ${manifest.repo} holds no file "${path}".`, { code: 'no_such_file' })
  return Merkle.proof(manifest.files.map(leafOf), leafOf(wanted))
}

/** Asserts that a file's digests are those of the manifest. Throws `VerificationFailed`. */
export function assertFile(manifest: Manifest, found: Omit<File, 'cid'> & { cid?: string }): void {
  const promised = manifest.files.find((candidate) => candidate.path === found.path)
  if (!promised)
    throw new VerificationFailed(`"${found.path}" is not among the files of ${manifest.repo}.`, {
      code: 'foreign_file',
    })
  const wrong = (['size', 'sha256', 'cid'] as const).find(
    (field) => found[field] !== undefined && found[field] !== promised[field],
  )
  if (wrong === undefined) return
  throw new VerificationFailed(
    `"${found.path}" is not what was published: its ${wrong} is ${found[wrong]}; expected ${promised[wrong]}.`,
    {
      code: 'file_mismatch',
      hint: 'Pull it again; if it stays, the source is damaged or lies.',
    },
  )
}

function check(json: unknown): Manifest {
  const manifest = parseWith(schema, json, 'manifest')
  const paths = manifest.files.map(({ path }) => path)
  paths.forEach(Path.assertSafe)
  Path.assertUnique(paths)
  RepoId.parse(manifest.repo)
  if (manifest.repo !== manifest.repo.toLowerCase()) throw new BadManifest('its repo is not lower case')
  if (manifest.fileCount !== manifest.files.length)
    throw new BadManifest(`it counts ${manifest.fileCount} files and lists ${manifest.files.length}`)
  if (paths.some((path, i) => i > 0 && (paths[i - 1] as string) > path))
    throw new BadManifest('its files are not sorted by path')
  const stranger = manifest.unsafe?.find((path) => !paths.includes(path))
  if (stranger !== undefined) throw new BadManifest(`"${stranger}" is marked unsafe and is no file of it`)
  if (manifest.files.some(({ cid }) => !Cid.isCanonical(cid)))
    throw new BadManifest('a file has a CID of another form than base32 CIDv1')
  const root = rootOf(manifest.files)
  if (root !== manifest.root) throw new BadManifest(`its root is ${manifest.root} and its files have ${root}`)
  return manifest
}

/** A manifest that contradicts itself. */
export class BadManifest extends BadInput {
  constructor(why: string) {
    super(`The manifest contradicts itself: ${why}.`, { code: 'bad_manifest' })
  }
}
