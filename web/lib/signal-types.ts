/** What the hub says about people and standings; money is µUSDC as decimal text. */
export type Profile = {
  account: {
    name: string | null
    fullname: string | null
    kind: 'user' | 'org' | 'wallet'
    address: string | null
    createdAt: string | null
    avatarUrl: string | null
  }
  counts: { models: number; datasets: number; followers: number; following: number; likes: number }
  isFollowing: boolean
  models: ProfileRepo[]
  datasets: ProfileRepo[]
  badges: Badge[]
  reputation: { score: number }
  revenue: { creatorMicroUsdc: string; models: number } | null
}

export type ProfileRepo = { id: string; likes: number; downloads: number; verifiedPulls: number; updatedAt: string }

export type Badge = {
  id: string
  kind: string
  title: string
  rule: string
  season: number | null
  rank: number | null
  proof: 'chain' | 'season'
  evidence: string
  txHash: string
  awardedAt: string
  burned: boolean
}

export type Reputation = {
  score: number
  formula: string
  parts: { part: string; count: number; points: number; source: string }[]
}

export type CreatorRank = {
  rank: number
  address: string
  name: string | null
  fullname: string | null
  models: number
  revenueMicroUsdc: string
}

export type ProviderRank = {
  rank: number
  address: string
  name: string | null
  url: string
  jobs: number
  revenueMicroUsdc: string
  stakeMicroUsdc: string
  servingNow: boolean
  lastClaimAt: string | null
  activeDays: number
  uptime: number | null
}

export type ModelRank = {
  rank: number
  repo: string
  modelId: string
  jobs: number
  revenueMicroUsdc: string
  payers: number
  score: number
  verifiedPulls: number
}

export type EvalRank = {
  rank: number
  repo: string
  task: string | null
  dataset: string
  metric: string
  value: number
  source: 'card' | 'manifest'
  verified: boolean
  runner: string | null
}

export type Board<T> = { kind: string; period: string; source: 'chain' | 'statements'; asOf: string; entries: T[] }

export type Formula = {
  name: string
  halfLifeDays: number
  pull: number
  paidPull: number
  like: number
  usageUnitMicroUsdc: number | string
  usageCap: number
}
