import type { Metadata } from 'next'
import { EconomicsPage } from '@/components/repo/EconomicsPage.tsx'
import type { RepoParams } from '@/lib/repo.ts'
import type { SearchParams } from '@/lib/search-params.ts'

export const metadata: Metadata = { title: 'Economics' }

type Props = { params: RepoParams; searchParams: SearchParams }

const Page = (props: Props) => <EconomicsPage {...props} />

export default Page
