import { CodeBlock } from '@/components/card/CodeBlock.tsx'
import { Badge, EmptyState, type Tone } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { bytes, counted, short } from '@/lib/format.ts'
import { need } from '@/lib/hub.ts'
import { idOf, type RepoParams, repoInfo } from '@/lib/repo.ts'
import { apiPath, pagePath } from '@/lib/repo-path.ts'
import { one, type SearchParams } from '@/lib/search-params.ts'
import type { RepoType } from '@/lib/types.ts'

type FileDiff = {
  path: string
  status: 'added' | 'modified' | 'removed' | 'renamed'
  previousPath?: string
  size: number
  binary: boolean
  diff?: string
}

type Comparison = { files: FileDiff[]; truncated: boolean }
type Props = { type: RepoType; params: RepoParams; searchParams: SearchParams }

/** What changed between two versions, file by file. */
export const DiffPage = async ({ type, params, searchParams }: Props) => {
  const { id } = await repoInfo(type, await idOf(params))
  const query = await searchParams
  const [from, to] = [one(query, 'from') ?? '', one(query, 'to') ?? 'main']
  const range = `${encodeURIComponent(from)}..${encodeURIComponent(to)}`
  const { files, truncated } = await need<Comparison>(`${apiPath(type, id)}/compare/${range}`, { as: 'visitor' })
  return (
    <div className="page py-6">
      <h2 className="text-lg font-semibold">
        Changes from <code className="font-mono text-base">{short(from)}</code> to{' '}
        <code className="font-mono text-base">{short(to)}</code>
      </h2>
      <p className="mt-1 text-sm text-ink-2">
        {counted(files.length, 'file')}.{' '}
        <Link href={`${pagePath(type, id)}/versions`} className="link">
          All versions
        </Link>
      </p>
      {truncated && <p className="mt-2 text-sm text-warn">There is more than this page shows.</p>}
      <div className="mt-4 flex flex-col gap-4">
        {files.length === 0 && <EmptyState title="Both have the same files" />}
        {files.map((file) => (
          <FileChange key={file.path} file={file} />
        ))}
      </div>
    </div>
  )
}

const tones: Record<FileDiff['status'], Tone> = { added: 'good', modified: 'info', removed: 'bad', renamed: 'neutral' }

const FileChange = ({ file }: { file: FileDiff }) => (
  <section aria-label={file.path} className="panel overflow-hidden">
    <h3 className="flex flex-wrap items-center gap-2 border-b border-line bg-raised px-3 py-2 text-sm [overflow-wrap:anywhere]">
      <Badge tone={tones[file.status]} className="bg-surface">
        {file.status}
      </Badge>
      <span className="font-mono text-[0.8125rem]">
        {file.previousPath && `${file.previousPath} → `}
        {file.path}
      </span>
      <span className="num ml-auto text-xs text-ink-2">{bytes(file.size)}</span>
    </h3>
    {file.diff ? (
      <div className="-my-3 [&>div]:rounded-none [&>div]:border-0">
        <CodeBlock code={file.diff} language="diff" label="patch" />
      </div>
    ) : (
      <p className="px-3 py-3 text-sm text-ink-2">
        {file.binary ? 'Binary; only its digest says what changed.' : 'The text is too long to be compared here.'}
      </p>
    )}
  </section>
)
