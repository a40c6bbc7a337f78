import type { Metadata } from 'next'
import { PreviewPage } from '@/components/repo/PreviewPage.tsx'
import type { RepoParams } from '@/lib/repo.ts'
import type { SearchParams } from '@/lib/search-params.ts'

export const metadata: Metadata = { title: 'Preview' }

type Props = { params: RepoParams; searchParams: SearchParams }

const Page = (props: Props) => <PreviewPage {...props} />

export default Page
