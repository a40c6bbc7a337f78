import type { FastifyRequest } from 'fastify'
import { type Account, Follow, Overview, Pull, Repo, RepoList, Reputation, Revenue } from '../../../catalog/index.ts'
import { RepoId } from '../../../core/index.ts'
import { avatarUrl } from '../../accounts.ts'
import type { HubContext } from '../../context.ts'
import type { Route } from '../../request.ts'
import * as Subject from '../../signals/Subject.ts'
import { badgesOf } from './badges.ts'

const mostRepos = 24

/** What everybody may know of a person, organisation or wallet. */
export const getProfile: Route = (app, context) => {
  app.get('/api/dehug/profiles/:account', async (request) => {
    const { db } = context.catalog
    const subject = await Subject.of(context, (request.params as { account: string }).account)
    const { account, address } = subject
    const [named, badges, parts, revenue] = await Promise.all([
      account ? ofAccount(context, request, account) : nobody,
      badgesOf(context, subject),
      address ? Reputation.of(db, address) : [],
      address ? Revenue.of(db, address) : null,
    ])
    return {
      account: accountOf(context, request, subject),
      ...named,
      badges: badges.badges,
      reputation: { score: Reputation.scoreOf(parts) },
      revenue,
    }
  })
}

const nobody = {
  counts: { models: 0, datasets: 0, spaces: 0, followers: 0, following: 0, likes: 0 },
  ...{ isFollowing: false, models: [], datasets: [] },
}

const accountOf = (context: HubContext, request: FastifyRequest, { account, address }: Subject.Subject) => ({
  name: account?.name ?? null,
  fullname: account?.fullname ?? null,
  kind: account?.kind ?? 'wallet',
  address,
  createdAt: account?.createdAt.toISOString() ?? null,
  avatarUrl: account ? avatarUrl(context, request, account) : null,
})

const ofAccount = async (context: HubContext, request: FastifyRequest, account: Account.Account) => {
  const { db } = context.catalog
  const { holder } = request
  const list = (type: Repo.Repo['type']) =>
    RepoList.list(db, { type, author: account.name, sort: 'trending', limit: mostRepos }, holder)
  const [counts, models, datasets, isFollowing] = await Promise.all([
    Overview.counts(db, account, holder),
    list('model'),
    list('dataset'),
    holder ? Follow.isFollowing(db, holder.user.id, account.id) : false,
  ])
  const ids = [...models.repos, ...datasets.repos].map(({ id }) => id)
  const pulls = await Pull.recent(db, ids, context.clock())
  const show = (repo: Repo.Repo) => ({
    id: RepoId.format(Repo.idOf(repo)),
    ...{ likes: repo.likes, downloads: repo.downloads, verifiedPulls: pulls.get(repo.id) ?? 0 },
    updatedAt: repo.updatedAt.toISOString(),
  })
  return {
    counts: {
      models: counts.numModels,
      datasets: counts.numDatasets,
      spaces: counts.numSpaces,
      followers: counts.numFollowers,
      following: counts.numFollowing,
      likes: counts.numLikes,
    },
    ...{ isFollowing, models: models.repos.map(show), datasets: datasets.repos.map(show) },
  }
}
