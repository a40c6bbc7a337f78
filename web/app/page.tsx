import Link from 'next/link'
import { EmptyState, LinkButton } from '@/components/ui/index.ts'
import { get } from '@/lib/hub.ts'

type Listed = { id: string; pipeline_tag?: string }

const Home = async () => {
  const models = await get<Listed[]>('/api/models?sort=trendingScore&limit=10')
  return (
    <div className="page py-10">
      <h1 className="text-3xl font-semibold">Models you can check, run and earn from</h1>
      <div className="mt-8">
        {models.length === 0 ? (
          <EmptyState title="No model yet" action={<LinkButton href="/new">Publish the first</LinkButton>} />
        ) : (
          <ul className="panel divide-y divide-line">
            {models.map(({ id, pipeline_tag }) => (
              <li key={id} className="px-4 py-2">
                <Link href={`/${id}`} className="hover:underline">
                  {id}
                </Link>
                <span className="ml-2 text-sm text-ink-3">{pipeline_tag}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  )
}

export default Home
