import { Scale } from 'lucide-react'
import { Badge, EmptyState, ErrorState, Table, Td, Th } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { textOf } from '@/lib/file.ts'
import { HubError } from '@/lib/HubError.ts'
import { attempt, get } from '@/lib/hub.ts'
import { licenseOf } from '@/lib/license.ts'
import { licenseSummary } from '@/lib/license-summary.ts'
import { idOf, type RepoParams, repoInfo } from '@/lib/repo.ts'
import { pageOfKey } from '@/lib/repo-path.ts'
import type { LicenseCheck, Lineage, RepoInfo, RepoType } from '@/lib/types.ts'
import { MachineTerms } from './MachineTerms.tsx'
import { VerdictBadge } from './VerdictBadge.tsx'

type Props = { type: RepoType; params: RepoParams }

const maxText = 100_000

/** What one may do with it: in short, in full, for machines, and whether that follows from its parents. */
export const LicensePage = async ({ type, params }: Props) => {
  const info = await repoInfo(type, await idOf(params))
  const license = licenseOf(info)
  const [text, verdict] = await Promise.all([licenseText(type, info), verdictOf(type, info, license)])
  return (
    <div className="page grid gap-6 py-6 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="flex min-w-0 flex-col gap-6">
        <Summary license={license} />
        {verdict && <Verdicts verdict={verdict} />}
        <FullText text={text} />
      </div>
      <aside aria-label="Terms" className="min-w-0">
        <MachineTerms type={type} info={info} />
      </aside>
    </div>
  )
}

const licenseText = async (type: RepoType, info: RepoInfo) => {
  const names = ['LICENSE', 'LICENSE.txt', 'LICENSE.md', 'COPYING']
  const path = info.siblings
    ? names.find((name) => info.siblings?.some(({ rfilename }) => rfilename === name))
    : 'LICENSE'
  return path && (await textOf({ type, id: info.id, revision: info.sha, path }, maxText))
}

const verdictOf = async (type: RepoType, info: RepoInfo, license: string | undefined) => {
  if (!license) return undefined
  const lineage = await attempt(get<Lineage>(`/api/dehug/${type}s/${info.id}/lineage`, { as: 'visitor' }))
  const parents = lineage instanceof HubError ? [] : lineage.edges.filter(({ child }) => child === lineage.self)
  const query = new URLSearchParams({ child: license })
  for (const { parent } of parents) query.append('parents', parent)
  return attempt(get<LicenseCheck>(`/api/dehug/license/check?${query}`, { as: 'visitor' }))
}

const Summary = ({ license }: { license: string | undefined }) => {
  if (!license) {
    return (
      <EmptyState title="No license is stated" icon={<Scale />}>
        Without one, the law of most countries allows nothing but looking. Ask the author.
      </EmptyState>
    )
  }
  const summary = licenseSummary(license)
  return (
    <section aria-labelledby="license-summary">
      <h2 id="license-summary" className="text-lg font-semibold">
        {license}
      </h2>
      {summary ? (
        <ul className="mt-2 grid gap-1.5 text-sm sm:grid-cols-2">
          {summary.map(({ text, allowed }) => (
            <li key={text} className="flex items-start gap-2">
              <Badge tone={allowed === undefined ? 'info' : allowed ? 'good' : 'bad'}>
                {allowed === undefined ? 'Must' : allowed ? 'May' : 'May not'}
              </Badge>
              {text}
            </li>
          ))}
        </ul>
      ) : (
        <p className="mt-2 text-sm text-ink-2">This license has terms of its own. Read the full text.</p>
      )}
      <p className="mt-2 text-xs text-ink-3">A summary is no advice; the full text holds.</p>
    </section>
  )
}

const Verdicts = ({ verdict }: { verdict: LicenseCheck | HubError }) => {
  if (verdict instanceof HubError)
    return <ErrorState title="The license check does not answer">{verdict.hint}</ErrorState>
  return (
    <section aria-labelledby="license-verdict">
      <h2 id="license-verdict" className="flex items-center gap-2 font-semibold">
        Does it follow from what it was made from? <VerdictBadge verdict={verdict.verdict} />
      </h2>
      {verdict.parents.length === 0 ? (
        <p className="mt-1 text-sm text-ink-2">No parent is known, so nothing stands against it.</p>
      ) : (
        <div className="mt-2">
          <Table caption="License of each parent">
            <thead>
              <tr>
                <Th>Parent</Th>
                <Th>License</Th>
                <Th>Verdict</Th>
                <Th>Why</Th>
              </tr>
            </thead>
            <tbody>
              {verdict.parents.map(({ parent, license, verdict, reason, source }) => (
                <tr key={parent}>
                  <Td>
                    <ParentLink parent={parent} />
                  </Td>
                  <Td>{license.id}</Td>
                  <Td>
                    <VerdictBadge verdict={verdict} />
                  </Td>
                  <Td>
                    {reason}{' '}
                    {source && (
                      <a href={source} rel="noopener noreferrer" className="link">
                        Source
                      </a>
                    )}
                  </Td>
                </tr>
              ))}
            </tbody>
          </Table>
        </div>
      )}
      {verdict.conditions.length > 0 && (
        <ul className="mt-3 list-disc pl-5 text-sm text-ink-2">
          {verdict.conditions.map((condition) => (
            <li key={condition}>{condition}</li>
          ))}
        </ul>
      )}
    </section>
  )
}

const ParentLink = ({ parent }: { parent: string }) => {
  const page = pageOfKey(parent)
  return page ? (
    <Link href={page} className="link">
      {parent.slice(parent.indexOf(':') + 1)}
    </Link>
  ) : (
    parent
  )
}

const FullText = ({ text }: { text: Awaited<ReturnType<typeof licenseText>> }) => {
  if (!text) return null
  return (
    <section aria-labelledby="license-text">
      <h2 id="license-text" className="mb-2 font-semibold">
        Full text
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre tabIndex={0} className="panel max-h-[36rem] overflow-auto p-4 font-mono text-xs leading-relaxed">
        {text.text}
      </pre>
    </section>
  )
}
