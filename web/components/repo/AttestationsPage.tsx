import { clsx } from 'clsx'
import { Stamp } from 'lucide-react'
import {
  Badge,
  buttonClass,
  EmptyState,
  Hash,
  LinkButton,
  Table,
  Td,
  Th,
  TimeAgo,
  type Tone,
} from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { type Attestation, attestationsOf, type Schema, type State } from '@/lib/attestations.ts'
import { short } from '@/lib/format.ts'
import { idOf, type RepoParams, repoInfo } from '@/lib/repo.ts'
import { pagePath } from '@/lib/repo-path.ts'
import { href, one, type SearchParams } from '@/lib/search-params.ts'
import type { RepoType } from '@/lib/types.ts'
import { ProofButton } from './ProofButton.tsx'

const schemas: Record<Schema, string> = {
  version: 'Signed versions',
  evaluation: 'Evaluations',
  pulls: 'Pull receipts',
  usage: 'Usage receipts',
}

const states: Record<State, { label: string; tone: Tone }> = {
  valid: { label: 'Valid', tone: 'good' },
  reported: { label: 'Reported', tone: 'neutral' },
  superseded: { label: 'Superseded', tone: 'neutral' },
  withdrawn: { label: 'Withdrawn', tone: 'warn' },
  contested: { label: 'Contested', tone: 'bad' },
  waiting: { label: 'Waiting', tone: 'info' },
}

const mostRows = 200

type Props = { type: RepoType; params: RepoParams; searchParams: SearchParams }

/** Who stands for what about a repository, with the proof of each. */
export const AttestationsPage = async ({ type, params, searchParams }: Props) => {
  const info = await repoInfo(type, await idOf(params))
  const { attestations, failed } = await attestationsOf(type, info)
  const query = await searchParams
  const [schema, attester] = [one(query, 'schema'), one(query, 'attester')?.toLowerCase()]
  const path = `${pagePath(type, info.id)}/attestations`
  const byWhom = attestations.filter((row) => attester === undefined || row.attester?.toLowerCase() === attester)
  const shown = byWhom.filter((row) => schema === undefined || row.schema === schema)
  return (
    <div className="page flex flex-col gap-4 py-6">
      <p className="max-w-prose text-sm text-ink-2">
        What somebody stands for with a signature or on chain. None of it rests on this page: each line leads to what
        proves it.
      </p>
      {failed && <p className="text-sm text-warn">A part of it cannot be shown right now.</p>}
      {attestations.length === 0 ? (
        <Nothing type={type} />
      ) : (
        <>
          <Filters path={path} rows={byWhom} schema={schema} attester={attester} />
          <Rows rows={shown.slice(0, mostRows)} type={type} id={info.id} path={path} schema={schema} />
          {shown.length > mostRows && <p className="text-sm text-ink-2">The newest {mostRows} are shown.</p>}
        </>
      )}
    </div>
  )
}

const Nothing = ({ type }: { type: RepoType }) => (
  <EmptyState
    title="Nobody attested anything yet"
    icon={<Stamp />}
    action={<LinkButton href="/docs/creator">How to publish</LinkButton>}
  >
    <p>
      Its owner attests the files with <code>dehug push</code> or <code>dehug anchor</code>: both sign a manifest and
      put its root on chain.
      {type === 'model' && (
        <>
          {' '}
          Results in the card’s <code>model-index</code> are signed with it.
        </>
      )}{' '}
      Everybody else attests by using it: <code>dehug pull</code> leaves a signed receipt
      {type === 'model' && ', and so does every paid answer'}.
    </p>
  </EmptyState>
)

type FilterProps = { path: string; rows: Attestation[]; schema: string | undefined; attester: string | undefined }

const Filters = ({ path, rows, schema, attester }: FilterProps) => {
  const link = (value: string | undefined, label: string, count: number) => (
    <Link
      key={label}
      href={href(path, { schema: value, attester })}
      aria-current={schema === value ? 'page' : undefined}
      className={buttonClass({ size: 'sm', variant: 'ghost' }, clsx(schema === value && 'bg-raised !text-ink'))}
    >
      {label} <span className="num text-xs">{count}</span>
    </Link>
  )
  return (
    <nav aria-label="Kind of attestation" className="flex flex-wrap items-center gap-1">
      {link(undefined, 'All', rows.length)}
      {(Object.keys(schemas) as Schema[]).map((name) => {
        const count = rows.filter((row) => row.schema === name).length
        return count > 0 || schema === name ? link(name, schemas[name], count) : null
      })}
      {attester && (
        <Link href={href(path, { schema })} className={buttonClass({ size: 'sm' }, 'ml-auto')}>
          By {short(attester)} only: show all
        </Link>
      )}
    </nav>
  )
}

type RowsProps = { rows: Attestation[]; type: RepoType; id: string; path: string; schema: string | undefined }

const Rows = ({ rows, type, id, path, schema }: RowsProps) => {
  if (rows.length === 0) return <EmptyState title="Nothing of this kind" />
  return (
    <Table caption="Attestations">
      <thead>
        <tr>
          <Th>Says</Th>
          <Th>Who stands for it</Th>
          <Th>When</Th>
          <Th>State</Th>
          <Th>Proof</Th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <Td className="min-w-52">
              {row.says}
              <span className="block text-xs text-ink-3">{schemas[row.schema]}</span>
            </Td>
            <Td>
              <Attester row={row} path={path} schema={schema} />
            </Td>
            <Td className="whitespace-nowrap">
              <TimeAgo at={row.at} />
            </Td>
            <Td className="min-w-36">
              <Badge tone={states[row.state].tone}>{states[row.state].label}</Badge>
              {row.note && <span className="mt-0.5 block text-xs text-ink-2">{row.note}</span>}
            </Td>
            <Td>
              <Proof row={row} type={type} id={id} />
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}

const Attester = ({ row, path, schema }: { row: Attestation; path: string; schema: string | undefined }) => (
  <>
    {row.attester && (
      <Hash
        value={row.attester}
        what="address"
        href={href(path, { schema, attester: row.attester.toLowerCase() })}
        className="whitespace-nowrap"
      />
    )}
    <span className="block text-xs text-ink-3">{row.as}</span>
  </>
)

const Proof = ({ row, type, id }: { row: Attestation; type: RepoType; id: string }) => (
  <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
    {row.root && <ProofButton type={type} id={id} version={row.root} />}
    {row.data && (
      <Link href={row.data} className="link">
        {row.schema === 'usage' ? 'Claims' : 'Data'}
        <span className="sr-only">: {row.says}</span>
      </Link>
    )}
    {row.tx && <Hash value={row.tx} what="transaction" />}
  </span>
)
