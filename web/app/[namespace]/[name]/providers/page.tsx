import type { Metadata } from 'next'
import { ProvidersPage } from '@/components/repo/ProvidersPage.tsx'
import type { RepoParams } from '@/lib/repo.ts'
import type { SearchParams } from '@/lib/search-params.ts'

export const metadata: Metadata = { title: 'Providers' }

type Props = { params: RepoParams; searchParams: SearchParams }

const Page = (props: Props) => <ProvidersPage {...props} />

export default Page
