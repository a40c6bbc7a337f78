import type { Metadata } from 'next'
import { Link } from '@/components/ui/Link.tsx'
import { EmptyState } from '@/components/ui/States.tsx'
import { get } from '@/lib/hub.ts'
import type { SearchParams } from '@/lib/search-params.ts'
import { href, one } from '@/lib/search-params.ts'
import { taskName } from '@/lib/tasks.ts'
import { readShared } from '@/run/draft.ts'
import { modelsOf } from '@/run/model.ts'
import { OfferTable } from '@/run/OfferTable.tsx'
import { Playground } from '@/run/Playground.tsx'

export const metadata: Metadata = { title: 'Run' }

const PlaygroundPage = async ({ searchParams }: { searchParams: SearchParams }) => {
  const [params, list] = await Promise.all([searchParams, get<Parameters<typeof modelsOf>[0]>('/v1/models')])
  const models = modelsOf(list)
  const shared = readShared(params)
  const chosen = models.find(({ id }) => id === shared.models[0])
  const task = chosen?.task ?? one(params, 'task') ?? preferred(models.map((model) => model.task))
  const ofTask = models.filter((model) => model.task === task)
  const tasks = [...new Set(models.map((model) => model.task))].sort()
  return (
    <div className="page py-8">
      <h1 className="text-2xl font-semibold">Run a model</h1>
      <p className="mt-1 max-w-prose text-ink-2">
        The most it can cost stands there before it runs; the receipt is checked in your browser afterwards.
      </p>
      {models.length === 0 ? (
        <div className="mt-6">
          <EmptyState title="Nobody serves a model right now">
            <p>
              Models with ONNX files also run in your browser, from their own page.{' '}
              <Link href="/models">See all models</Link>
            </p>
          </EmptyState>
        </div>
      ) : (
        <>
          <nav aria-label="Tasks" className="mb-4 mt-5 flex flex-wrap gap-2">
            {tasks.map((one) => (
              <Link
                key={one}
                href={href('/playground', { task: one })}
                aria-current={one === task ? 'page' : undefined}
                className="touch inline-flex items-center rounded-md border border-line px-2.5 py-1 text-sm text-ink-2 hover:bg-raised aria-[current]:border-accent aria-[current]:bg-accent-soft aria-[current]:text-accent"
              >
                {taskName(one)}
              </Link>
            ))}
          </nav>
          <Playground key={task} models={ofTask} shared={shared} />
          <h2 className="mb-2 mt-8 text-lg font-semibold">Who serves this task</h2>
          <OfferTable models={ofTask} />
        </>
      )}
    </div>
  )
}

const preferred = (tasks: string[]): string | undefined => tasks.find((task) => task === 'text-generation') ?? tasks[0]

export default PlaygroundPage
