import { TableProperties } from 'lucide-react'
import { SubmitOnChange } from '@/components/catalog/SubmitOnChange.tsx'
import { buttonClass, EmptyState, Select, Table, Td, Th } from '@/components/ui/index.ts'
import { counted } from '@/lib/format.ts'
import { isPreviewable, type Preview, previewOf, shownRows } from '@/lib/preview.ts'
import { cellText } from '@/lib/preview-columns.ts'
import { idOf, type RepoParams, repoInfo } from '@/lib/repo.ts'
import { pagePath } from '@/lib/repo-path.ts'
import { one, type SearchParams } from '@/lib/search-params.ts'

/** First rows of a data file and what its columns hold. */
export const PreviewPage = async ({ params, searchParams }: { params: RepoParams; searchParams: SearchParams }) => {
  const info = await repoInfo('dataset', await idOf(params))
  const files = (info.siblings ?? []).map(({ rfilename }) => rfilename).filter(isPreviewable)
  const wanted = one(await searchParams, 'file')
  const path = files.find((file) => file === wanted) ?? files.find((file) => file.endsWith('.parquet')) ?? files[0]
  if (path === undefined) {
    return (
      <div className="page py-6">
        <EmptyState title="There is no table to show" icon={<TableProperties />}>
          Previews come from Parquet, CSV and TSV files.
        </EmptyState>
      </div>
    )
  }
  const preview = await previewOf({ type: 'dataset', id: info.id, revision: info.sha, path })
  return (
    <div className="page py-6">
      <form action={`${pagePath('dataset', info.id)}/preview`} className="flex flex-wrap items-center gap-2">
        <SubmitOnChange>
          <Select
            name="file"
            aria-label="File"
            defaultValue={path}
            options={files.slice(0, 500).map((file) => ({ value: file, label: file }))}
            className="max-w-full"
          />
        </SubmitOnChange>
        <noscript>
          <button type="submit" className={buttonClass()}>
            Show
          </button>
        </noscript>
        {preview && (
          <p className="text-sm text-ink-2">
            {preview.total === undefined ? '' : `${counted(preview.total, 'row')}, `}
            {preview.columns.length} columns
          </p>
        )}
      </form>
      {preview ? (
        <Tables preview={preview} path={path} />
      ) : (
        <div className="mt-4">
          <EmptyState title="This file cannot be previewed">
            It is damaged, behind a gate, or a page of it takes too much memory.
          </EmptyState>
        </div>
      )}
    </div>
  )
}

const Tables = ({ preview, path }: { preview: Preview; path: string }) => (
  <>
    <section aria-labelledby="columns" className="mt-5">
      <h2 id="columns" className="font-semibold">
        Columns
      </h2>
      <p className="mb-2 text-xs text-ink-3">{preview.basis}</p>
      <Table caption="Columns and their statistics">
        <thead>
          <tr>
            <Th>Column</Th>
            <Th>Type</Th>
            <Th className="text-right">Empty</Th>
            <Th className="text-right">Distinct</Th>
            <Th>Least</Th>
            <Th>Greatest</Th>
          </tr>
        </thead>
        <tbody>
          {preview.columns.map((column) => (
            <tr key={column.name}>
              <Td className="font-medium">{column.name}</Td>
              <Td className="font-mono text-[0.8125rem]">{column.type}</Td>
              <Td numeric>{column.empty ?? '–'}</Td>
              <Td numeric>{column.distinct ?? '–'}</Td>
              <Td className="max-w-48 truncate">{column.min ?? '–'}</Td>
              <Td className="max-w-48 truncate">{column.max ?? '–'}</Td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
    <section aria-labelledby="rows" className="mt-6">
      <h2 id="rows" className="mb-2 font-semibold">
        First {counted(Math.min(shownRows, preview.rows.length), 'row')}
      </h2>
      <Table caption={`First rows of ${path}`} className="max-h-[40rem] overflow-y-auto">
        <thead className="sticky top-0">
          <tr>
            {preview.columns.map(({ name }) => (
              <Th key={name}>{name}</Th>
            ))}
          </tr>
        </thead>
        <tbody>
          {preview.rows.map((row, i) => (
            <tr key={i}>
              {preview.columns.map(({ name }) => (
                <Td key={name} className="max-w-md [overflow-wrap:anywhere]">
                  {cellText(row[name])}
                </Td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  </>
)
