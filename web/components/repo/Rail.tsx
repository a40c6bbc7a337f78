import type { ReactNode } from 'react'
import { Badge, Bytes, LinkButton, TimeAgo } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { compact, counted, percent, short, usd } from '@/lib/format.ts'
import { HubError } from '@/lib/HubError.ts'
import { attempt, get } from '@/lib/hub.ts'
import { licenseOf } from '@/lib/license.ts'
import { idOfKey, pageOfKey, pagePath } from '@/lib/repo-path.ts'
import type { Lineage, Offer, RepoInfo, RepoType } from '@/lib/types.ts'
import { ProofButton } from './ProofButton.tsx'
import { Similar } from './Similar.tsx'
import { VerdictBadge } from './VerdictBadge.tsx'

/** The facts beside a card; each leads to the page that proves it. */
export const Rail = async ({ type, info }: { type: RepoType; info: RepoInfo }) => {
  const path = `/api/dehug/${type}s/${info.id}`
  const [offers, lineage] = await Promise.all([
    type === 'model' ? attempt(get<{ offers: Offer[] }>(`${path}/providers`, { as: 'visitor' })) : undefined,
    attempt(get<Lineage>(`${path}/lineage`, { as: 'visitor' })),
  ])
  const base = pagePath(type, info.id)
  return (
    <aside aria-label="Facts" className="flex flex-col gap-5 text-sm">
      {offers !== undefined && <Offers base={base} offers={offers} />}
      <dl className="grid grid-cols-2 gap-x-4 gap-y-3">
        <Pulls info={info} base={base} />
        <Weights info={info} />
        <Fact label="Size">
          <Link href={`${base}/files`} className="hover:underline">
            <Bytes size={info.usedStorage} />
          </Link>
        </Fact>
        <Fact label="Updated">
          <Link href={`${base}/versions`} className="hover:underline">
            <TimeAgo at={info.lastModified} />
          </Link>
        </Fact>
        <Owner info={info} />
      </dl>
      <LicenseFact info={info} base={base} lineage={lineage} />
      <Bases lineage={lineage} base={base} />
      <Anchored type={type} info={info} />
      {type === 'model' && <Similar id={info.id} />}
      <Tags type={type} tags={info.tags} />
    </aside>
  )
}

const Fact = ({ label, children }: { label: string; children: ReactNode }) => (
  <div className="min-w-0">
    <dt className="text-xs text-ink-3">{label}</dt>
    <dd className="num truncate font-medium">{children}</dd>
  </div>
)

const Offers = ({ base, offers }: { base: string; offers: { offers: Offer[] } | HubError }) => {
  if (offers instanceof HubError) return null
  const cheapest = [...offers.offers].sort((a, b) => Number(BigInt(a.price.out) - BigInt(b.price.out)))[0]
  return (
    <div className="panel p-4">
      {cheapest ? (
        <>
          <p className="text-xs text-ink-3">Price from</p>
          <p>
            <Link href={`${base}/providers`} className="num text-xl font-semibold hover:underline">
              {usd(cheapest.price.out)}
            </Link>{' '}
            <span className="text-ink-2">/ 1M units out</span>
          </p>
          <p className="text-xs text-ink-2">
            {usd(cheapest.price.in)} in · {counted(offers.offers.length, 'provider')}
          </p>
        </>
      ) : (
        <p className="text-ink-2">No provider serves it right now. Run it on your own machine, free.</p>
      )}
      <LinkButton href={`${base}/run`} variant="primary" className="mt-3 w-full">
        {cheapest ? 'Run' : 'Run in the browser'}
      </LinkButton>
    </div>
  )
}

const Pulls = ({ info, base }: { info: RepoInfo; base: string }) =>
  info.dehug?.verifiedPulls === undefined ? (
    <Fact label="Downloads">{compact(info.downloads)}</Fact>
  ) : (
    <Fact label="Verified pulls, 30 days">
      <Link href={`${base}/versions#pulls`} className="hover:underline">
        {compact(info.dehug.verifiedPulls)}
      </Link>
    </Fact>
  )

const Weights = ({ info }: { info: RepoInfo }) => {
  const total = info.safetensors?.total ?? info.gguf?.total
  const dtypes = Object.entries(info.safetensors?.parameters ?? {}).sort(([, a], [, b]) => b - a)
  return (
    <>
      {total !== undefined && (
        <Fact label="Parameters">
          <span title={String(total)}>{compact(total)}</span>
        </Fact>
      )}
      {dtypes.length > 0 && (
        <Fact label="Precision">
          {dtypes
            .slice(0, 2)
            .map(([dtype]) => dtype)
            .join(', ')}
        </Fact>
      )}
      {info.gguf?.context_length !== undefined && <Fact label="Context">{compact(info.gguf.context_length)}</Fact>}
    </>
  )
}

const Owner = ({ info: { dehug } }: { info: RepoInfo }) =>
  dehug?.owner ? (
    <Fact label="Owner">
      <Link href={`/u/${dehug.owner}`} title={dehug.owner} className="font-mono hover:underline">
        {short(dehug.owner)}
      </Link>
    </Fact>
  ) : null

const LicenseFact = ({ info, base, lineage }: { info: RepoInfo; base: string; lineage: Lineage | HubError }) => {
  const verdicts = lineage instanceof HubError ? [] : lineage.edges.filter(({ child }) => child === lineage.self)
  const worst = (['denied', 'unclear'] as const).find((bad) => verdicts.some(({ verdict }) => verdict === bad))
  return (
    <section aria-labelledby="rail-license">
      <h2 id="rail-license" className="text-xs text-ink-3">
        License
      </h2>
      <p className="mt-0.5 flex flex-wrap items-center gap-2">
        <Link href={`${base}/license`} className="link font-medium">
          {licenseOf(info) ?? 'Not stated'}
        </Link>
        {verdicts.length > 0 && <VerdictBadge verdict={worst ?? 'allowed'} />}
      </p>
    </section>
  )
}

const Bases = ({ lineage, base }: { lineage: Lineage | HubError; base: string }) => {
  if (lineage instanceof HubError) return null
  const own = lineage.edges.filter(({ child }) => child === lineage.self)
  if (own.length === 0) return null
  return (
    <section aria-labelledby="rail-bases">
      <h2 id="rail-bases" className="text-xs text-ink-3">
        Made from
      </h2>
      <ul className="mt-0.5 flex flex-col gap-1">
        {own.slice(0, 5).map(({ parent, relation, forkBps }) => (
          <li key={`${parent} ${relation}`} className="flex flex-wrap items-center gap-x-2">
            <Link href={pageOfKey(parent) ?? `${base}/lineage`} className="link">
              {idOfKey(parent)}
            </Link>
            <Badge>{relation}</Badge>
            {forkBps ? <span className="text-xs text-ink-2">{percent(forkBps)} royalty</span> : null}
          </li>
        ))}
      </ul>
    </section>
  )
}

const Anchored = ({ type, info }: { type: RepoType; info: RepoInfo }) => (
  <section aria-labelledby="rail-proof" className="panel p-4">
    <h2 id="rail-proof" className="text-xs text-ink-3">
      Proof
    </h2>
    <p className="mb-2">
      {info.dehug?.anchored
        ? 'The root of these files is signed and anchored on chain.'
        : 'These files are not anchored on chain yet.'}
    </p>
    <ProofButton type={type} id={info.id} version={info.dehug?.root ?? info.sha} />
  </section>
)

const Tags = ({ type, tags }: { type: RepoType; tags: string[] }) => {
  const shown = tags.filter((tag) => !/^(region|license|base_model):/.test(tag)).slice(0, 24)
  if (shown.length === 0) return null
  return (
    <section aria-labelledby="rail-tags">
      <h2 id="rail-tags" className="mb-1 text-xs text-ink-3">
        Tags
      </h2>
      <ul className="flex flex-wrap gap-1">
        {shown.map((tag) => (
          <li key={tag}>
            <Link href={`/${type}s?tag=${encodeURIComponent(tag)}`} className="hover:underline">
              <Badge>{tag}</Badge>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}
