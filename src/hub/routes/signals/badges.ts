import { Badge } from '../../../catalog/index.ts'
import type { HubContext } from '../../context.ts'
import type { Route } from '../../request.ts'
import * as SeasonPost from '../../signals/SeasonPost.ts'
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
    const subject = await Subject.of(context, account)
    const found = await badgesOf(context, subject)
    return { ...found, claimable: await claimableOf(context, subject, found.badges) }
  })
}

export const badgesOf = async (context: HubContext, { address }: Subject.Subject) => {
  const { db } = context.catalog
  const badges = address ? await Badge.of(db, address) : []
  return { address, badges: badges.map(describe) }
}

const claimableOf = async (context: HubContext, { address }: Subject.Subject, badges: readonly Badged[]) => {
  if (!address) return []
  const [earned, won] = await Promise.all([
    Badge.earned(context.catalog.db, address),
    SeasonPost.claimableBy(context, address),
  ])
  const hadKinds = new Set(badges.map(({ kind }) => kind))
  const hadPlaces = new Set(badges.map(({ kind, season, rank, issuer }) => `${issuer} ${season} ${kind} ${rank}`))
  return [
    ...earned.filter(({ kind }) => !hadKinds.has(kind)).map((proof) => ({ ...namesOf(proof.kind), ...proof })),
    ...won
      .filter(({ kind, season, rank, issuer }) => !hadPlaces.has(`${issuer} ${season} ${kind} ${rank}`))
      .map(({ kind, season, rank, subject, score, issuer, merkleProof }) => ({
        ...{ ...namesOf(kind), kind, season: Number(season), rank, issuer, merkleProof },
        ...{ modelId: subject === 0n ? null : subject.toString(), score: score.toString() },
      })),
  ]
}

type Badged = ReturnType<typeof describe>

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
