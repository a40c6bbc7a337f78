import type { Metadata } from 'next'
import { VersionsPage } from '@/components/repo/VersionsPage.tsx'
import type { RepoParams } from '@/lib/repo.ts'
import type { SearchParams } from '@/lib/search-params.ts'

export const metadata: Metadata = { title: 'Versions' }

type Props = { params: RepoParams; searchParams: SearchParams }

const Page = (props: Props) => <VersionsPage type="model" {...props} />

export default Page
