import { z } from 'zod'

/**
 * What the catalog's own routes below `/api/dehug` are asked and answer. Money is µUSDC as decimal text, chain ids and
 * bytes are text, times ISO 8601.
 */

const micro = z.string().regex(/^\d{1,78}$/)
const time = z.iso.datetime()
const address = z.string().regex(/^0x[0-9a-f]{40}$/)
const bytes32 = z.string().regex(/^0x[0-9a-f]{64}$/)
const count = z.int().min(0)

/** A query parameter that may be repeated or hold commas. */
const list = (item: z.ZodType<string> = z.string().min(1).max(96)) => z.array(item).max(16).default([])
const one = <T extends z.ZodType>(item: T) => item.optional()
const limit = (most: number, usual: number) => z.coerce.number().int().min(1).max(most).default(usual)
const cursor = one(z.string().max(512))

export const repoTypes = ['model', 'dataset'] as const
export const sorts = ['trending', 'downloads', 'likes', 'created', 'updated', 'price', 'relevance'] as const
export const modes = ['auto', 'text', 'typo', 'semantic'] as const
export const sizes = ['lt100M', '100M-1B', '1B-4B', '4B-10B', '10B-40B', 'gt40B', 'unknown'] as const

/** `GET /api/dehug/search`. Values of one filter are alternatives; different filters all hold. */
export const SearchQuery = z.object({
  q: z.string().max(256).default(''),
  type: z.enum(repoTypes).default('model'),
  ...{ task: list(), license: list(), library: list(), language: list(), size: list(), quantization: list() },
  ...{ dtype: list(), tag: list(), author: list() },
  gated: one(z.enum(['true', 'false'])),
  verified: one(z.enum(['true', 'false'])),
  forkRoyalty: list(z.enum(['none', 'low', 'high'])),
  /** The most that a million units may cost (of output, where units are tokens), in µUSDC; only models that are served have a price. */
  priceMax: one(z.string().regex(/^\d{1,18}$/)),
  /** An address, or `any`. */
  provider: one(z.string().regex(/^(any|0x[0-9a-fA-F]{40})$/)),
  /** Without it: `relevance` where there is a `q`, else `trending`. */
  sort: one(z.enum(sorts)),
  mode: z.enum(modes).default('auto'),
  facets: z.enum(['true', 'false']).default('true'),
  cursor,
  limit: limit(100, 20),
})
export type SearchQuery = z.infer<typeof SearchQuery>

export const Price = z.object({
  /** The cheapest offer's price of a million units of output, or of a million milliseconds or calls where it counts these. */
  from: micro,
  ...{ in: micro, out: micro, ms: micro, call: micro },
})
export type Price = z.infer<typeof Price>

export const Hit = z.object({
  /** `namespace/name` */
  id: z.string(),
  type: z.enum(repoTypes),
  author: z.string(),
  name: z.string(),
  task: z.string().nullable(),
  library: z.string().nullable(),
  license: z.string().nullable(),
  languages: z.array(z.string()),
  /** Weights, where the files tell. */
  parameters: count.nullable(),
  dtype: z.string().nullable(),
  quantization: z.string().nullable(),
  sizeBytes: count,
  downloads: count,
  likes: count,
  trending: z.number(),
  createdAt: time,
  updatedAt: time,
  private: z.boolean(),
  gated: z.union([z.literal(false), z.enum(['auto', 'manual'])]),
  description: z.string().nullable(),
  tags: z.array(z.string()),
  /** The head's version; what is not anchored has no root here. */
  version: z.object({
    anchored: z.boolean(),
    root: bytes32.nullable(),
    manifestCid: z.string().nullable(),
    tx: bytes32.nullable(),
  }),
  /** Also the NFT's token id. */
  modelId: z.string().nullable(),
  owner: address.nullable(),
  price: Price.nullable(),
  providers: count,
  /** What the card asks of forks, in basis points. */
  forkRoyaltyBps: count.nullable(),
  match: z.object({
    by: z.enum(['name', 'tag', 'text', 'typo', 'semantic']).nullable(),
    terms: z.array(z.string()),
  }),
})
export type Hit = z.infer<typeof Hit>

const facet = z.array(z.object({ value: z.string(), count, selected: z.boolean() }))
export const facetNames = [
  ...(['task', 'license', 'library', 'language', 'size', 'quantization', 'dtype'] as const),
  ...(['gated', 'verified', 'forkRoyalty', 'provider'] as const),
]

export const Facets = z.object({
  ...{ task: facet, license: facet, library: facet, language: facet, size: facet, quantization: facet, dtype: facet },
  ...{ gated: facet, verified: facet, forkRoyalty: facet, provider: facet },
  /** Otherwise there are at least as many. */
  exact: z.boolean(),
})
export type Facets = z.infer<typeof Facets>

/** Answer of `GET /api/dehug/search`. */
export const SearchFound = z.object({
  hits: z.array(Hit),
  /** Not exact: there are at least as many. */
  total: z.object({ count, exact: z.boolean() }),
  /** Only on the first page, and not with `facets=false`. */
  facets: Facets.nullable(),
  next: z.string().nullable(),
  /** How it was searched: `mode=semantic` falls back to `text` where no model compares meanings. */
  modes: z.array(z.enum(['text', 'typo', 'semantic'])),
  /** The model that compares meanings now; null where none does. */
  semanticModel: z.string().nullable(),
  /** What was searched in place of `q`. */
  corrected: z.string().nullable(),
  sort: z.enum(sorts),
})
export type SearchFound = z.infer<typeof SearchFound>

/** `GET /api/dehug/suggest` */
export const SuggestQuery = z.object({ q: z.string().max(256).default(''), limit: limit(20, 8) })

export const Suggestions = z.object({
  repos: z.array(z.object({ id: z.string(), type: z.enum(repoTypes), task: z.string().nullable(), likes: count })),
  people: z.array(
    z.object({ name: z.string(), fullname: z.string(), kind: z.enum(['user', 'org']), avatarUrl: z.string() }),
  ),
  tags: z.array(z.object({ tag: z.string(), count, kind: z.enum(['task', 'library', 'license', 'language', 'tag']) })),
})
export type Suggestions = z.infer<typeof Suggestions>

/** `GET /api/dehug/models/{ns}/{name}/similar` */
export const SimilarQuery = z.object({ limit: limit(50, 8) })
export const Similar = z.object({ by: z.literal('labels'), hits: z.array(Hit) })
export type Similar = z.infer<typeof Similar>
