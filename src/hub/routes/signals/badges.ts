import { Badge } from '../../../catalog/index.ts'
import type { HubContext } from '../../context.ts'
import type { Route } from '../../request.ts'
import * as Subject from '../../signals/Subject.ts'

/** The kinds of badges with their rules, and the contract that awards them. */
export const listBadgeKinds: Route = (app, context) => {
  app.get('/api/dehug/badges', async () => ({
    contract: context.chain?.deployment.contracts.Badges ?? null,
    kinds: Badge.kinds,
  }))
}

/** The badges of somebody, and those they may claim: anyone can send the transaction, nobody can refuse it. */
export const listBadges: Route = (app, context) => {
  app.get('/api/dehug/badges/:account', async (request) => {
    const { account } = request.params as { account: string }
    return badgesOf(context, await Subject.of(context, account))
  })
}

export const badgesOf = async ({ catalog: { db } }: HubContext, { address }: Subject.Subject) => {
  if (!address) return { address, badges: [], claimable: [] }
  const [badges, earned] = await Promise.all([Badge.of(db, address), Badge.earned(db, address)])
  const had = new Set(badges.map(({ kind }) => kind))
  return {
    address,
    badges: badges.map(describe),
    claimable: earned.filter(({ kind }) => !had.has(kind)).map((proof) => ({ ...namesOf(proof.kind), ...proof })),
  }
}

const namesOf = (kind: number) => {
  const { name = 'unknown', title = 'Unknown', rule = '', proof = 'chain' } = Badge.kindOf(kind) ?? {}
  return { name, title, rule, proof }
}

const describe = ({ id, kind, issuer, season, rank, evidence, burned, at, txHash }: Badge.Badge) => {
  const isSeason = Badge.kindOf(kind)?.proof === 'season'
  return {
    ...{ id, kind, ...namesOf(kind), issuer, evidence, burned, txHash },
    ...{ season: isSeason ? season : null, rank: isSeason ? rank : null, awardedAt: new Date(at * 1000).toISOString() },
  }
}
