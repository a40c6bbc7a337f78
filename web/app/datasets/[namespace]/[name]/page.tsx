import { CardPage } from '@/components/repo/CardPage.tsx'
import { idOf, type RepoParams, repoInfo } from '@/lib/repo.ts'

const DatasetPage = async ({ params }: { params: RepoParams }) => (
  <CardPage type="dataset" info={await repoInfo('dataset', await idOf(params))} />
)

export default DatasetPage
