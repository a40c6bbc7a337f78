import type { Metadata } from 'next'
import { DiffPage } from '@/components/repo/DiffPage.tsx'
import type { RepoParams } from '@/lib/repo.ts'
import type { SearchParams } from '@/lib/search-params.ts'

export const metadata: Metadata = { title: 'Changes' }

type Props = { params: RepoParams; searchParams: SearchParams }

const Page = (props: Props) => <DiffPage type="dataset" {...props} />

export default Page
