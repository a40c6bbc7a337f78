import { Award, UserRound } from 'lucide-react'
import type { Metadata } from 'next'
import { FollowButton } from '@/components/people/FollowButton.tsx'
import { Badge, EmptyState, Hash, Money, Stat, Table, Td, Th, TimeAgo } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { counted, integer, short } from '@/lib/format.ts'
import { find, need } from '@/lib/hub.ts'
import { decoded } from '@/lib/repo.ts'
import { pagePath } from '@/lib/repo-path.ts'
import type { Profile, ProfileRepo, Reputation } from '@/lib/signal-types.ts'
import type { RepoType } from '@/lib/types.ts'

type Props = { params: Promise<{ name: string }> }

const nameIn = async (params: Props['params']): Promise<string> => encodeURIComponent(decoded((await params).name))

export const generateMetadata = async ({ params }: Props): Promise<Metadata> => ({
  title: decoded((await params).name),
})

/** A person, an organization or a wallet: what they publish and what the network knows of them. */
const ProfilePage = async ({ params }: Props) => {
  const name = await nameIn(params)
  const [profile, reputation] = await Promise.all([
    need<Profile>(`/api/dehug/profiles/${name}`, { as: 'visitor' }),
    find<Reputation>(`/api/dehug/reputation/${name}`),
  ])
  const { account, counts } = profile
  return (
    <div className="page py-8">
      <Head profile={profile} />
      <div className="panel mt-6 grid grid-cols-2 gap-4 p-4 sm:grid-cols-3 lg:grid-cols-6">
        <Stat label="Models" value={integer(counts.models)} href={`/models?author=${account.name ?? ''}`} />
        <Stat label="Datasets" value={integer(counts.datasets)} href={`/datasets?author=${account.name ?? ''}`} />
        <Stat label="Followers" value={integer(counts.followers)} />
        <Stat label="Follows" value={integer(counts.following)} />
        <Stat label="Reputation" value={integer(profile.reputation.score)} href="#reputation" />
        {profile.revenue && (
          <Stat
            label="Earned as creator"
            value={<Money micro={profile.revenue.creatorMicroUsdc} />}
            href="/leaderboards?kind=creators"
          />
        )}
      </div>
      <div className="mt-8 grid gap-8 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-8">
          <Repos type="model" title="Models" repos={profile.models} />
          <Repos type="dataset" title="Datasets" repos={profile.datasets} />
        </div>
        <aside aria-label="Standing" className="flex flex-col gap-8">
          <Badges badges={profile.badges} />
          {reputation && <Trail reputation={reputation} />}
        </aside>
      </div>
    </div>
  )
}

export default ProfilePage

const Head = ({ profile: { account, isFollowing } }: { profile: Profile }) => (
  <div className="flex flex-wrap items-center gap-4">
    <span aria-hidden className="flex size-14 items-center justify-center rounded-full bg-accent-soft text-accent">
      {account.avatarUrl?.startsWith('/') ? (
        <img src={account.avatarUrl} alt="" className="size-14 rounded-full" />
      ) : (
        <UserRound className="size-6" />
      )}
    </span>
    <div className="min-w-0">
      <h1 className="truncate text-xl font-semibold">
        {account.fullname || account.name || short(account.address ?? '', 6)}
      </h1>
      <p className="flex flex-wrap items-center gap-x-3 text-sm text-ink-2">
        {account.name && <span>{account.name}</span>}
        {account.kind === 'org' && <Badge>Organization</Badge>}
        {account.address && <Hash value={account.address} what="address" keep={6} />}
        {account.createdAt && (
          <span>
            here since <TimeAgo at={account.createdAt} />
          </span>
        )}
      </p>
    </div>
    {account.name && (
      <div className="ml-auto">
        <FollowButton name={account.name} kind={account.kind} following={isFollowing} />
      </div>
    )}
  </div>
)

const Repos = ({ type, title, repos }: { type: RepoType; title: string; repos: ProfileRepo[] }) => (
  <section aria-label={title}>
    <h2 className="mb-2 font-semibold">{title}</h2>
    {repos.length === 0 ? (
      <EmptyState title="None yet" />
    ) : (
      <ul className="panel divide-y divide-line">
        {repos.map((repo) => (
          <li
            key={repo.id}
            className="relative flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5 hover:bg-raised/60"
          >
            <Link
              href={pagePath(type, repo.id)}
              className="min-w-0 flex-1 truncate font-medium after:absolute after:inset-0 hover:underline"
            >
              {repo.id}
            </Link>
            <span className="num flex gap-4 text-xs text-ink-2">
              <span>{counted(repo.verifiedPulls, 'verified pull')}</span>
              <span>{counted(repo.likes, 'like')}</span>
              <span className="text-ink-3">
                <TimeAgo at={repo.updatedAt} />
              </span>
            </span>
          </li>
        ))}
      </ul>
    )}
  </section>
)

const Badges = ({ badges }: { badges: Profile['badges'] }) => (
  <section aria-label="Badges">
    <h2 className="mb-2 font-semibold">Badges</h2>
    {badges.length === 0 ? (
      <p className="text-sm text-ink-2">None yet. They are awarded by published rules and cannot be sold.</p>
    ) : (
      <ul className="flex flex-col gap-2">
        {badges
          .filter(({ burned }) => !burned)
          .map(({ id, title, rule, season, rank, txHash }) => (
            <li key={id} className="panel flex gap-3 p-3 text-sm">
              <Award className="mt-0.5 size-4 shrink-0 text-warn" aria-hidden />
              <div className="min-w-0">
                <p className="font-medium">
                  {title}
                  {season !== null && ` · season ${season}`}
                  {rank !== null && ` · rank ${rank}`}
                </p>
                <p className="text-xs text-ink-2">{rule}</p>
                <Hash value={txHash} what="transaction" className="text-xs" />
              </div>
            </li>
          ))}
      </ul>
    )}
  </section>
)

const Trail = ({ reputation }: { reputation: Reputation }) => (
  <section id="reputation" aria-label="Reputation">
    <h2 className="mb-2 font-semibold">Reputation {integer(reputation.score)}</h2>
    <Table caption="What the reputation is made of">
      <thead>
        <tr>
          <Th>For</Th>
          <Th className="text-right">Count</Th>
          <Th className="text-right">Points</Th>
        </tr>
      </thead>
      <tbody>
        {reputation.parts.map(({ part, count, points, source }) => (
          <tr key={part}>
            <Td title={source}>{part}</Td>
            <Td numeric>{count}</Td>
            <Td numeric>{points}</Td>
          </tr>
        ))}
      </tbody>
    </Table>
    <p className="mt-1 text-xs text-ink-3">Formula {reputation.formula}, from chain facts and receipts.</p>
  </section>
)
