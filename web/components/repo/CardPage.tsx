import { FileText } from 'lucide-react'
import { type Heading, renderCard } from '@/components/card/Card.tsx'
import { EmptyState, LinkButton } from '@/components/ui/index.ts'
import { cardOf } from '@/lib/card.ts'
import { apiPath, pagePath } from '@/lib/repo-path.ts'
import type { RepoInfo, RepoType } from '@/lib/types.ts'
import { GatePanel } from './GatePanel.tsx'
import { Rail } from './Rail.tsx'
import { UseBox } from './UseBox.tsx'

/** The first page of a repository: how to use it, its card, and the facts that decide. */
export const CardPage = async ({ type, info }: { type: RepoType; info: RepoInfo }) => {
  const card = await cardOf(type, info.id, info.sha)
  const base = pagePath(type, info.id)
  const { content, headings } = card?.text.trim()
    ? renderCard(card.text, { type, id: info.id, revision: info.sha, base })
    : { content: null, headings: [] }
  return (
    <div className="page grid gap-x-10 gap-y-6 py-6 lg:grid-cols-[minmax(0,1fr)_19rem]">
      <div className="min-w-0">
        {info.gated && <GatePanel api={apiPath(type, info.id)} path={base} />}
        <UseBox type={type} info={info} />
        {headings.length > 2 && <Contents headings={headings} />}
        <article aria-label="Card" className="mt-6">
          {content ?? (
            <EmptyState
              title={info.gated ? 'The card is behind the gate' : 'This repository has no card'}
              icon={<FileText />}
              action={<LinkButton href={`${base}/files`}>See the files</LinkButton>}
            >
              A README.md says what it is for, where its data comes from and what its limits are.
            </EmptyState>
          )}
          {card?.cut && (
            <p className="mt-6 text-sm text-ink-2">
              The card is longer than this page shows.{' '}
              <a className="link" href={`${base}/resolve/${info.sha}/README.md`}>
                The whole file
              </a>
            </p>
          )}
        </article>
      </div>
      <Rail type={type} info={info} />
    </div>
  )
}

const Contents = ({ headings }: { headings: Heading[] }) => {
  const top = Math.min(...headings.map(({ level }) => level))
  return (
    <details className="mt-5 text-sm" open={headings.length <= 12}>
      <summary className="touch inline-flex items-center text-ink-2 hover:text-ink">Contents</summary>
      <nav aria-label="Contents of the card" className="mt-1 border-l border-line pl-3 sm:columns-2">
        <ul>
          {headings.map(({ level, text, id }) => (
            <li key={id} style={{ paddingLeft: `${(level - top) * 0.9}rem` }} className="break-inside-avoid">
              <a href={`#${id}`} className="block truncate py-0.5 text-ink-2 hover:text-ink hover:underline">
                {text}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    </details>
  )
}
