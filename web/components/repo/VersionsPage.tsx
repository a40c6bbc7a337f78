import { GitCommitHorizontal } from 'lucide-react'
import { Badge, buttonClass, EmptyState, Hash, LinkButton, TimeAgo } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { bytes } from '@/lib/format.ts'
import { get } from '@/lib/hub.ts'
import { idOf, type RepoParams, repoInfo } from '@/lib/repo.ts'
import { pagePath } from '@/lib/repo-path.ts'
import { one, type SearchParams } from '@/lib/search-params.ts'
import type { RepoType, VersionRow } from '@/lib/types.ts'
import { ProofButton } from './ProofButton.tsx'
import { Pulls } from './Pulls.tsx'

type Props = { type: RepoType; params: RepoParams; searchParams: SearchParams }

/** All versions, newest first, each with who signed it and where the chain has it. */
export const VersionsPage = async ({ type, params, searchParams }: Props) => {
  const info = await repoInfo(type, await idOf(params))
  const cursor = one(await searchParams, 'cursor')
  const { versions, next } = await get<{ versions: VersionRow[]; next: string | null }>(
    `/api/dehug/${type}s/${info.id}/versions?limit=30${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
    { as: 'visitor' },
  )
  const base = pagePath(type, info.id)
  if (versions.length === 0) {
    return (
      <div className="page py-6">
        <EmptyState title="No version is signed yet" icon={<GitCommitHorizontal />}>
          A version is a manifest of all files, signed by the owner and anchored on chain. Publish with{' '}
          <code>dehug push</code>, or allow this hub to anchor your commits.
        </EmptyState>
      </div>
    )
  }
  return (
    <div className="page py-6">
      <DiffForm base={base} versions={versions} />
      <ol className="mt-5 border-l border-line pl-5">
        {versions.map((version, i) => (
          <Version key={version.root} type={type} id={info.id} version={version} before={versions[i + 1]} />
        ))}
      </ol>
      {next && (
        <nav aria-label="Pages" className="mt-4 flex justify-end">
          <LinkButton href={`${base}/versions?cursor=${encodeURIComponent(next)}`}>Older versions</LinkButton>
        </nav>
      )}
      <Pulls type={type} id={info.id} />
    </div>
  )
}

type VersionProps = { type: RepoType; id: string; version: VersionRow; before: VersionRow | undefined }

const Version = ({ type, id, version, before }: VersionProps) => {
  const base = pagePath(type, id)
  return (
    <li id={version.root} className="relative pb-6 last:pb-0">
      <span
        aria-hidden
        className={`absolute -left-[25.5px] top-1.5 size-2.5 rounded-full border-2 border-bg ${version.deprecated ? 'bg-warn' : version.head ? 'bg-accent' : 'bg-line-strong'}`}
      />
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="font-semibold">
          {version.index === null ? 'Version' : `Version ${version.index}`}
          <span className="ml-2 text-sm font-normal text-ink-3">
            <TimeAgo at={version.at} />
          </span>
        </h2>
        {version.head && <Badge tone="accent">Newest</Badge>}
        {version.tags.map((tag) => (
          <Badge key={tag} tone="info">
            {tag}
          </Badge>
        ))}
        {version.anchored ? <Badge tone="good">On chain</Badge> : <Badge tone="warn">Waiting for the chain</Badge>}
      </div>
      {version.deprecated && (
        <p className="mt-1 rounded-md bg-warn-soft px-3 py-2 text-sm text-warn">
          Withdrawn: {version.deprecated.reason || 'no reason given'}. Pinned pulls keep working.
          {version.deprecated.successor && <> Its successor is {version.deprecated.successor.slice(0, 12)}….</>}
        </p>
      )}
      <VersionFacts version={version} />
      <div className="mt-2 flex flex-wrap gap-2">
        <ProofButton type={type} id={id} version={version.root} />
        {version.commit && (
          <LinkButton size="sm" href={`${base}/files?revision=${version.commit}`}>
            Files
          </LinkButton>
        )}
        {version.commit && before?.commit && (
          <LinkButton
            size="sm"
            variant="ghost"
            href={`${base}/versions/diff?from=${before.commit}&to=${version.commit}`}
          >
            What changed
          </LinkButton>
        )}
      </div>
    </li>
  )
}

const VersionFacts = ({ version }: { version: VersionRow }) => (
  <dl className="mt-1 flex flex-wrap gap-x-6 gap-y-1 text-sm text-ink-2 [&_dt]:mr-1.5 [&_dt]:inline [&_dt]:text-ink-3 [&_dd]:inline">
    <div>
      <dt>Root</dt>
      <dd>
        <Hash value={version.root} what="root" keep={6} />
      </dd>
    </div>
    {version.signer && (
      <div>
        <dt>{version.delegated ? 'Signed by delegate' : 'Signed by'}</dt>
        <dd>
          <Hash value={version.signer} what="signer" href={`/u/${version.signer}`} />
        </dd>
      </div>
    )}
    {version.tx && (
      <div>
        <dt>Transaction</dt>
        <dd>
          <Hash value={version.tx} what="transaction" keep={6} />
          {version.block !== null && <span className="num text-ink-3"> in block {version.block}</span>}
        </dd>
      </div>
    )}
    <div className="num">
      <dt>Files</dt>
      <dd>
        {version.fileCount}
        {version.sizeBytes !== null && `, ${bytes(version.sizeBytes)}`}
        {version.parent !== null && version.sizeDelta !== null && version.sizeDelta !== 0 && (
          <span className="text-ink-3">
            {' '}
            ({version.sizeDelta > 0 ? '+' : '−'}
            {bytes(Math.abs(version.sizeDelta))})
          </span>
        )}
      </dd>
    </div>
  </dl>
)

const DiffForm = ({ base, versions }: { base: string; versions: VersionRow[] }) => {
  const committed = versions.filter(({ commit }) => commit !== null)
  if (committed.length < 2) return null
  const options = committed.map(({ commit, index, root }) => (
    <option key={root} value={commit ?? ''}>
      {index === null ? root.slice(0, 10) : `Version ${index}`}
    </option>
  ))
  return (
    <form action={`${base}/versions/diff`} className="flex flex-wrap items-end gap-2 text-sm">
      <label className="flex flex-col gap-1">
        <span className="text-xs text-ink-3">From</span>
        <select name="from" className="field !w-40" defaultValue={committed[1]?.commit ?? ''}>
          {options}
        </select>
      </label>
      <label className="flex flex-col gap-1">
        <span className="text-xs text-ink-3">To</span>
        <select name="to" className="field !w-40" defaultValue={committed[0]?.commit ?? ''}>
          {options}
        </select>
      </label>
      <button type="submit" className={buttonClass()}>
        Compare
      </button>
      <Link href={`${base}/files`} className={buttonClass({ variant: 'ghost' })}>
        All files
      </Link>
    </form>
  )
}
