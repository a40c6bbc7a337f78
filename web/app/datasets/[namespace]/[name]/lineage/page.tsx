import type { Metadata } from 'next'
import { LineagePage } from '@/components/repo/LineagePage.tsx'
import type { RepoParams } from '@/lib/repo.ts'
import type { SearchParams } from '@/lib/search-params.ts'

export const metadata: Metadata = { title: 'Lineage' }

type Props = { params: RepoParams; searchParams: SearchParams }

const Page = (props: Props) => <LineagePage type="dataset" {...props} />

export default Page
