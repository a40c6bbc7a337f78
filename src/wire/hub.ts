import { z } from 'zod'
import { Mint, Publish, SetTerms as SetTermsMessage } from '../core/index.ts'

/**
 * What a client says to the hub. The Hugging Face part follows huggingface_hub 1.x and 2.x; the routes below
 * `/api/dehug` are ours. `uint64` values are decimal strings, bytes lower-case hex after `0x`, times ISO 8601.
 */

const hex = z.string().regex(/^0x([0-9a-fA-F]{2})*$/)
const signature = hex.max(2 + 2 * 4096)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const size = z
  .int()
  .min(0)
  .max(2 ** 50)
const repoKey = z.string().max(128)

/** `POST /api/repos/create`; what only a runtime of Spaces needs (hardware, secrets …) is ignored. */
export const CreateRepo = z.object({
  name: z.string().max(200),
  organization: z.string().max(96).nullish(),
  type: z.enum(['model', 'dataset', 'space']).nullish(),
  visibility: z.enum(['public', 'private', 'protected']).nullish(),
  private: z.boolean().nullish(),
  license: z.string().max(64).nullish(),
  sdk: z.enum(['gradio', 'docker', 'static', 'streamlit']).nullish(),
  files: z
    .array(z.object({ path: z.string(), content: z.string(), encoding: z.enum(['base64', 'utf-8']).default('base64') }))
    .max(100)
    .nullish(),
})

/** `DELETE /api/repos/delete` */
export const DeleteRepo = CreateRepo.pick({ name: true, organization: true, type: true })

/** `POST /api/repos/move` */
export const MoveRepo = z.object({
  fromRepo: z.string().max(200),
  toRepo: z.string().max(200),
  type: z.enum(['model', 'dataset', 'space']).nullish(),
})

/** `POST /api/{type}s/{id}/duplicate` */
export const DuplicateRepo = CreateRepo.pick({ visibility: true, private: true }).extend({
  repository: z.string().max(200),
})

/**
 * `PUT /api/{type}s/{id}/settings`. `gate` is ours: whom an automatic gate lets in at once, members of organisations or
 * holders of models' NFTs; without one everybody who asks.
 */
export const RepoSettings = z.object({
  visibility: z.enum(['public', 'private', 'protected']).nullish(),
  private: z.boolean().nullish(),
  gated: z.enum(['auto', 'manual']).or(z.literal(false)).nullish(),
  gate: z
    .object({ members: z.array(z.string().max(96)).max(32).optional(), holders: z.array(repoKey).max(32).optional() })
    .nullish(),
})

/** `POST /api/{type}s/{id}/preupload/{revision}` */
export const Preupload = z.object({
  files: z.array(z.object({ path: z.string(), sample: z.string().max(2048).optional(), size })).max(5000),
  gitIgnore: z.string().max(1_000_000).nullish(),
  gitAttributes: z.string().max(1_000_000).nullish(),
})

/** `POST /{id}.git/info/lfs/objects/batch`. Source: git-lfs, docs/api/batch.md. */
export const LfsBatch = z.object({
  operation: z.enum(['upload', 'download']),
  transfers: z.array(z.string()).default(['basic']),
  /** Ours, with the transfer `multipart`: files above this size come in parts of it, to go on after a break. */
  part_size: z
    .int()
    .min(2 ** 20)
    .max(2 ** 30)
    .optional(),
  objects: z.array(z.object({ oid: sha256, size })).max(5000),
  hash_algo: z.string().optional(),
  ref: z.object({ name: z.string() }).nullish(),
})

/** `POST …/info/lfs/verify` */
export const LfsObject = z.object({ oid: sha256, size })

/** `POST /api/validate-yaml` */
export const ValidateYaml = z.object({ content: z.string().max(5_000_000), repoType: z.string().optional() })

/** One line of `POST /api/{type}s/{id}/commit/{revision}` (NDJSON; the header comes first). */
export const CommitLine = z.discriminatedUnion('key', [
  z.object({
    key: z.literal('header'),
    value: z.object({
      summary: z.string().max(65_536).default(''),
      description: z.string().max(1_048_576).nullish(),
      parentCommit: z.string().nullish(),
    }),
  }),
  z.object({
    key: z.literal('file'),
    value: z.object({
      path: z.string(),
      content: z.string(),
      encoding: z.enum(['base64', 'utf-8']).default('utf-8'),
    }),
  }),
  z.object({
    key: z.literal('lfsFile'),
    value: z.object({
      path: z.string(),
      algo: z.literal('sha256').default('sha256'),
      oid: sha256,
      size: size.nullish(),
    }),
  }),
  z.object({ key: z.literal('deletedFile'), value: z.object({ path: z.string() }) }),
  z.object({ key: z.literal('deletedFolder'), value: z.object({ path: z.string() }) }),
])
export type CommitLine = z.output<typeof CommitLine>

/** The answer of a commit; `parents` and `root` are ours: what the next manifest needs. */
export const CommitMade = z.object({
  success: z.literal(true),
  commitUrl: z.string(),
  commitOid: z.string(),
  hookOutput: z.string(),
  parents: z.array(z.string()),
  /** Of a commit with `create_pr=1`. */
  pullRequestUrl: z.string().optional(),
})
export type CommitMade = z.output<typeof CommitMade>

/** `GET /api/dehug/files/{type}/{ns}/{name}/{revision}`: all files of a commit with their digests. */
export const CommitFiles = z.object({
  commit: z.string(),
  parents: z.array(z.string()),
  files: z.array(z.object({ path: z.string(), size: z.int(), sha256, cid: z.string() })),
  /** Root of the newest anchored version, the parent of the next one; null before the first. */
  head: z.string().nullable(),
})
export type CommitFiles = z.output<typeof CommitFiles>

/** `POST /api/dehug/anchor`: exactly one of `mint` (first version) and `publish`; the signature is the owner's or a delegate's. */
export const Anchor = z
  .object({
    repo: repoKey,
    /** Canonical text of the manifest. */
    manifest: z.string().max(64 * 1024 * 1024),
    mint: Mint.schema.optional(),
    publish: Publish.schema.optional(),
    signature,
  })
  .refine(({ mint, publish }) => (mint === undefined) !== (publish === undefined), {
    message: 'expected exactly one of mint and publish',
  })
export type Anchor = z.input<typeof Anchor>

/** `tokenId` is decimal; `tx` is null where the version had been anchored by somebody else before. */
export const Anchored = z.object({
  manifestCid: z.string(),
  root: z.string(),
  tx: z.string().nullable(),
  tokenId: z.string(),
})
export type Anchored = z.output<typeof Anchored>

/** `POST /api/dehug/terms`: new price terms, signed by the owner. */
export const SetTerms = z.object({ terms: SetTermsMessage.schema, signature })
export const TermsSet = z.object({ tx: z.string() })
export type TermsSet = z.output<typeof TermsSet>

/** `GET /api/dehug/manifest/{type}/{ns}/{name}/{version}`; version is a root, a commit, a branch, a tag or `head`. */
export const ManifestFound = z.object({
  /** Canonical text, the bytes that `cid` names. */
  manifest: z.string(),
  cid: z.string(),
  root: z.string(),
  anchored: z.boolean(),
  tx: z.string().nullable(),
})
export type ManifestFound = z.output<typeof ManifestFound>

/** `GET /api/dehug/network` */
export const Network = z.object({
  chainId: z.int(),
  rpcUrl: z.string(),
  hub: z.string(),
  gateway: z.string(),
  /** Base URLs of trustless IPFS gateways that hold the files. */
  ipfs: z.array(z.string()),
  contracts: z.record(z.string(), z.string()),
  /** The chain package's deployment, as plain JSON. */
  deployment: z.unknown(),
})
export type Network = z.output<typeof Network>

/** `GET /api/dehug/nonce` → `{nonce}`: goes into the message of ERC-4361 that the wallet signs. */
export const LoginNonce = z.object({ nonce: z.string(), domain: z.string(), chainId: z.int() })
export type LoginNonce = z.output<typeof LoginNonce>

/** What a fine-grained token may do; an `entity` is the name of an account (`lab`) or of a repository (`model:lab/x`). */
export const TokenRights = z.strictObject({
  global: z.array(z.string().max(64)).max(64).optional(),
  canReadGatedRepos: z.boolean().optional(),
  scoped: z
    .array(z.strictObject({ entity: repoKey, permissions: z.array(z.string().max(64)).max(64) }))
    .max(256)
    .optional(),
})
export type TokenRights = z.output<typeof TokenRights>

/**
 * `POST /api/dehug/tokens`: with `message` and `signature` (ERC-4361, EIP-191) a wallet logs in; without, the bearer of
 * an unlimited write token makes another one. `username` names a new user.
 */
export const CreateToken = z.object({
  message: z.string().max(4096).optional(),
  signature: signature.optional(),
  username: z.string().max(96).optional(),
  name: z
    .string()
    .regex(/^[^\p{C}]{1,96}$/u)
    .default('dehug'),
  scope: z.enum(['read', 'write']).default('write'),
  /** Shorthand for rights to read, or to read and write, these repositories only. */
  repos: z.array(repoKey).max(256).optional(),
  fineGrained: TokenRights.optional(),
  spendCapMicroUsdc: z
    .string()
    .regex(/^(0|[1-9][0-9]{0,17})$/)
    .optional(),
  expiresAt: z.iso.datetime().optional(),
})
export type CreateToken = z.input<typeof CreateToken>

/** The secret is shown here and never again. */
export const TokenCreated = z.object({
  token: z.string(),
  id: z.string(),
  user: z.string(),
  address: z.string().nullable(),
})
export type TokenCreated = z.output<typeof TokenCreated>

/** One of `GET /api/dehug/tokens`. */
export const TokenListed = z.object({
  id: z.string(),
  name: z.string(),
  scope: z.enum(['read', 'write', 'fineGrained']),
  rights: z
    .object({
      global: z.array(z.string()),
      canReadGatedRepos: z.boolean(),
      scoped: z.array(z.object({ entity: z.string(), permissions: z.array(z.string()) })),
    })
    .nullable(),
  spendCapMicroUsdc: z.string().nullable(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
})
export type TokenListed = z.output<typeof TokenListed>
