/** What the hub's search says of one repository. */
export type Hit = {
  id: string
  type: RepoType
  author: string
  name: string
  task: string | null
  library: string | null
  license: string | null
  languages: string[]
  parameters: number | null
  dtype: string | null
  quantization: string | null
  sizeBytes: number
  downloads: number
  likes: number
  trending: number
  createdAt: string
  updatedAt: string
  private: boolean
  gated: false | 'auto' | 'manual'
  description: string | null
  tags: string[]
  version: { anchored: boolean; root: string | null; manifestCid: string | null; tx: string | null }
  modelId: string | null
  owner: string | null
  /** µUSDC as decimal text. */
  price: { from: string; in: string; out: string; ms: string; call: string } | null
  providers: number
  forkRoyaltyBps: number | null
  match: { by: 'name' | 'tag' | 'text' | 'typo' | 'semantic' | null; terms: string[] }
}

export type RepoType = 'model' | 'dataset'

export type Facet = { value: string; count: number; selected: boolean }

export type Found = {
  hits: Hit[]
  total: { count: number; exact: boolean }
  facets: (Record<string, Facet[]> & { exact: never }) | null
  next: string | null
  modes: string[]
  corrected: string | null
  sort: string
}

/** A repository as `/api/models/…` describes it; only what pages show. */
export type RepoInfo = {
  id: string
  author: string
  sha: string
  lastModified: string
  createdAt: string
  private: boolean
  gated: false | 'auto' | 'manual'
  downloads: number
  likes: number
  tags: string[]
  cardData: Record<string, unknown> | null
  usedStorage: number
  pipeline_tag?: string
  library_name?: string
  config?: Record<string, unknown>
  safetensors?: { parameters: Record<string, number>; total: number }
  gguf?: { total?: number; architecture?: string; context_length?: number }
  description?: string
  mainSize?: number
  inference?: string
  siblings?: { rfilename: string; size?: number }[]
  dehug?: {
    anchored: boolean
    root: string | null
    manifestCid: string | null
    tx: string | null
    delegated: boolean | null
    modelId?: string
    owner?: string
    head?: string | null
    versions?: number
    creatorBps?: number
    claimedMicroUsdc?: string
    jobs?: string
    verifiedPulls?: number
    forkOf?: { repo: string; commit: string; root: string | null }
  }
}

export type TreeEntry = {
  type: 'file' | 'directory'
  path: string
  oid: string
  size: number
  lfs?: { oid: string; size: number }
  lastCommit?: { id: string; title: string; date: string }
  xetHash?: string
}

export type VersionRow = {
  root: string
  index: number | null
  parent: string | null
  manifestCid: string
  commit: string | null
  signer: string | null
  delegated: boolean
  anchored: boolean
  tx: string | null
  block: number | null
  at: string
  fileCount: number
  sizeBytes: number | null
  sizeDelta: number | null
  tags: string[]
  deprecated: { reason: string; successor: string | null } | null
  head: boolean
}

/** How a provider did in the last days, as the gateway saw it. */
export type Health = {
  checks: number
  uptime: number | null
  answers: number
  failures: number
  ttftMs: { p50: number; p95: number } | null
  tokensPerSecond: { p50: number; p5: number } | null
}

/** Of `GET /api/dehug/providers`. */
export type ListedProvider = {
  address: string
  name: string | null
  url: string
  stake: string
  slashed: string
  earned: string
  jobs: string
  models: number
  since: string
  health: Health
}

export type Offer = {
  provider: string
  name: string | null
  url: string
  root: string
  task: string
  price: { in: string; out: string; ms: string; call: string }
  limits: { in: number | string; out: number | string; ms: number | string }
  context: number | null
  quantization: string | null
  validUntil: string
  stake: string
  disputes: number
  jobs: number
  health: Health
  head: boolean
}

export type Verdict = 'allowed' | 'denied' | 'unclear'

export type LicenseName = { id: string; known: boolean; name: string | null; url: string | null }

export type LicenseCheck = {
  child: LicenseName
  verdict: Verdict
  parents: { parent: string; license: LicenseName; verdict: Verdict; reason: string; source: string | null }[]
  conditions: string[]
}

export type Lineage = {
  nodes: {
    repo: string
    known: boolean
    license: string | null
    modelId: string | null
    head: string | null
    task: string | null
    downloads: number | null
  }[]
  edges: {
    child: string
    parent: string
    relation: string
    source: 'manifest' | 'card' | 'fork'
    root: string | null
    forkBps: number | null
    verdict: Verdict
  }[]
  self: string
  truncated: boolean
}

export type Economics = {
  modelId: string | null
  terms: { creatorBps: number; creatorShareBps: number; royaltyBps: number; termsHash: string | null } | null
  totals: { claimed: string; creator: string; holder: string; royalties: string; jobs: number | string }
  splits: { creator: string; name: string | null; shareBps: number }[]
  perDay: {
    day: string
    claimed: string
    creator: string
    holder: string
    providers: string
    fees: string
    jobs: number | string
  }[]
  payouts: { kind: string; account: string; to: string; amount: string; at: string; tx: string }[]
  owner: string | null
  transfers: { from: string; to: string; at: string; block: number; tx: string }[]
  source: string
}

export type Stats = {
  models: number
  datasets: number
  people: number
  versions: number
  minted: number
  providersServing: number
  modelsServed: number
  settled: { today: string; week: string; all: string }
  jobs: { today: number | string; week: number | string; all: number | string }
  queries: Record<string, string>
  asOf: string
}
