import { ArrowRight, Search } from 'lucide-react'
import type { ReactNode } from 'react'
import { RepoList } from '@/components/catalog/RepoList.tsx'
import { Cheapest } from '@/components/home/Cheapest.tsx'
import { Settled } from '@/components/home/Settled.tsx'
import { buttonClass, EmptyState, LinkButton } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { HubError } from '@/lib/HubError.ts'
import { attempt, get } from '@/lib/hub.ts'
import type { Found, Stats } from '@/lib/types.ts'

const search = (query: string) => attempt(get<Found>(`/api/dehug/search?${query}`))

const Home = async () => {
  const [trending, verified, datasets, stats] = await Promise.all([
    search('sort=trending&limit=6'),
    search('verified=true&sort=created&limit=5'),
    search('type=dataset&sort=trending&limit=4'),
    attempt(get<Stats>('/api/dehug/stats')),
  ])
  return (
    <div className="page">
      <Opening />
      {!(stats instanceof HubError) && <Settled stats={stats} />}
      <div className="mt-10 grid gap-x-8 gap-y-10 lg:grid-cols-[minmax(0,1.7fr)_minmax(0,1fr)]">
        <Part
          title="Trending models"
          more="/models?sort=trending"
          note={
            <Link href="/leaderboards#formula" className="link">
              How it is counted
            </Link>
          }
        >
          <Hits found={trending} empty="No model is published yet" />
        </Part>
        <Part title="Cheapest per task" more="/models?sort=price&provider=any">
          <Cheapest />
        </Part>
        <Part title="Newly verified" more="/models?verified=true&sort=created">
          <Hits found={verified} empty="No version is anchored yet" />
        </Part>
        <Part title="Datasets" more="/datasets">
          <Hits found={datasets} empty="No data set is published yet" />
        </Part>
      </div>
    </div>
  )
}

export default Home

const Opening = () => (
  <section aria-labelledby="opening" className="pt-12 pb-8 sm:pt-16">
    <h1 id="opening" className="max-w-3xl text-3xl font-semibold tracking-tight sm:text-[2.5rem] sm:leading-[1.15]">
      Models and data you can check, run and get paid for
    </h1>
    <p className="mt-3 max-w-2xl text-ink-2">
      Every file here has an owner’s signature and a root on chain. Every paid answer leaves a receipt. Your tools work
      as they are: huggingface_hub, transformers, git, the OpenAI SDKs.
    </p>
    <form action="/models" className="mt-6 flex max-w-2xl flex-wrap gap-2">
      <div className="relative min-w-60 flex-1">
        <Search
          className="pointer-events-none absolute left-3 top-1/2 size-4 -translate-y-1/2 text-ink-3"
          aria-hidden
        />
        <input
          type="search"
          name="search"
          aria-label="What do you need a model for?"
          placeholder="What do you need a model for?"
          className="field !h-11 !pl-9 !text-base"
        />
      </div>
      <button type="submit" className={buttonClass({ variant: 'primary' }, '!h-11 !px-5')}>
        Search
      </button>
      <LinkButton href="/new" className="!h-11 !px-5">
        Publish
      </LinkButton>
    </form>
  </section>
)

type PartProps = { title: string; more: string; note?: ReactNode; children: ReactNode }

const Part = ({ title, more, note, children }: PartProps) => (
  <section aria-label={title} className="min-w-0">
    <div className="mb-2 flex flex-wrap items-baseline gap-x-4">
      <h2 className="text-lg font-semibold">{title}</h2>
      {note && <span className="text-sm">{note}</span>}
      <Link
        href={more}
        aria-label={`All: ${title}`}
        className="touch ml-auto inline-flex items-center gap-1 text-sm text-ink-2 hover:text-ink hover:underline"
      >
        All <ArrowRight className="size-3.5" aria-hidden />
      </Link>
    </div>
    {children}
  </section>
)

const Hits = ({ found, empty }: { found: Found | HubError; empty: string }) => {
  if (found instanceof HubError) return <EmptyState title="The catalog does not answer right now" />
  return found.hits.length === 0 ? <EmptyState title={empty} /> : <RepoList hits={found.hits} heading="h3" />
}
