import { Columns3 } from 'lucide-react'
import type { Metadata } from 'next'
import { CompareTable } from '@/components/catalog/CompareTable.tsx'
import { EmptyState, LinkButton } from '@/components/ui/index.ts'
import { all, type SearchParams } from '@/lib/search-params.ts'

export const metadata: Metadata = { title: 'Compare' }

const most = 4

/** Names in the query: `?id=a/b&id=c/d` or `?a/b&c/d`. */
const idsIn = (params: Awaited<SearchParams>): string[] => {
  const bare = Object.keys(params).filter((name) => name.includes('/'))
  const ids = [...all(params, 'id'), ...bare].filter((id) => /^[\w.-]+\/[\w.-]+$/.test(id))
  return [...new Set(ids)].slice(0, most)
}

const Compare = async ({ searchParams }: { searchParams: SearchParams }) => {
  const ids = idsIn(await searchParams)
  return (
    <div className="page py-8">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-2xl font-semibold">Side by side</h1>
        {ids.length > 1 && (
          <LinkButton href={`/playground?${new URLSearchParams(ids.map((id) => ['model', id]))}`} variant="primary">
            Run them on the same question
          </LinkButton>
        )}
      </div>
      <div className="mt-5">
        {ids.length === 0 ? (
          <EmptyState
            title="Choose two to four models"
            icon={<Columns3 />}
            action={
              <LinkButton href="/models" variant="primary">
                Models
              </LinkButton>
            }
          >
            Tick the boxes in the list, then “Compare”.
          </EmptyState>
        ) : (
          <CompareTable ids={ids} />
        )}
      </div>
    </div>
  )
}

export default Compare
