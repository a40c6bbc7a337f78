import { CardPage } from '@/components/repo/CardPage.tsx'
import { idOf, type RepoParams, repoInfo } from '@/lib/repo.ts'

const ModelPage = async ({ params }: { params: RepoParams }) => (
  <CardPage type="model" info={await repoInfo('model', await idOf(params))} />
)

export default ModelPage
