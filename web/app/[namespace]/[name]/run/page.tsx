import type { Metadata } from 'next'
import { Link } from '@/components/ui/Link.tsx'
import { EmptyState } from '@/components/ui/States.tsx'
import { find, get } from '@/lib/hub.ts'
import { idOf, type RepoParams, repoInfo } from '@/lib/repo.ts'
import type { SearchParams } from '@/lib/search-params.ts'
import type { TreeEntry } from '@/lib/types.ts'
import { readShared } from '@/run/draft.ts'
import { modelsOf, type RunModel } from '@/run/model.ts'
import { OfferTable } from '@/run/OfferTable.tsx'
import { Playground } from '@/run/Playground.tsx'

type Props = { params: RepoParams; searchParams: SearchParams }

export const generateMetadata = async ({ params }: Props): Promise<Metadata> => ({ title: `Run ${await idOf(params)}` })

const tasks = ['text-generation', 'feature-extraction', 'text-classification', 'image-classification']

const RunPage = async ({ params, searchParams }: Props) => {
  const id = await idOf(params)
  const [info, list, onnx, query] = await Promise.all([
    repoInfo('model', id),
    get<Parameters<typeof modelsOf>[0]>('/v1/models'),
    find<TreeEntry[]>(`/api/models/${id}/tree/main/onnx`, { as: 'visitor' }),
    searchParams,
  ])
  const served = modelsOf(list)
  const own = served.find((model) => model.id === info.id)
  const forBrowser = (onnx ?? []).some(({ path }) => path.endsWith('.onnx'))
  const task = own?.task ?? info.pipeline_tag ?? ''
  if (!own && !(forBrowser && tasks.includes(task))) return <NotServed />
  const models: RunModel[] = own ? served : [{ id: info.id, task, offers: [] }, ...served]
  const shared = readShared(query)
  return (
    <div className="page py-6">
      <Playground models={models} fixed={info.id} shared={own ? shared : { ...shared, where: 'browser' }} />
      {own && (
        <>
          <h2 className="mb-2 mt-8 text-lg font-semibold">Who serves it</h2>
          <OfferTable models={[own]} />
        </>
      )}
    </div>
  )
}

const NotServed = () => (
  <div className="page py-6">
    <EmptyState title="Nobody serves this model right now">
      <p>
        Anybody may: <code>dehug worker</code> on a machine of yours offers it to everybody{' '}
        <Link href="/docs/provider" className="link">
          at your price
        </Link>
        . Models with ONNX files also run in the browser.
      </p>
    </EmptyState>
  </div>
)

export default RunPage
