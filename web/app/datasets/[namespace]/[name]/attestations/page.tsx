import type { Metadata } from 'next'
import { AttestationsPage } from '@/components/repo/AttestationsPage.tsx'
import type { RepoParams } from '@/lib/repo.ts'
import type { SearchParams } from '@/lib/search-params.ts'

export const metadata: Metadata = { title: 'Attestations' }

type Props = { params: RepoParams; searchParams: SearchParams }

const Page = (props: Props) => <AttestationsPage type="dataset" {...props} />

export default Page
