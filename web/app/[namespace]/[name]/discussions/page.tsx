import type { Metadata } from 'next'
import { DiscussionsPage } from '@/components/repo/DiscussionsPage.tsx'
import type { RepoParams } from '@/lib/repo.ts'
import type { SearchParams } from '@/lib/search-params.ts'

export const metadata: Metadata = { title: 'Discussions' }

type Props = { params: RepoParams; searchParams: SearchParams }

const Page = (props: Props) => <DiscussionsPage type="model" {...props} />

export default Page
