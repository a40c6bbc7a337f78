import type { Metadata } from 'next'
import { LicensePage } from '@/components/repo/LicensePage.tsx'
import type { RepoParams } from '@/lib/repo.ts'
import type { SearchParams } from '@/lib/search-params.ts'

export const metadata: Metadata = { title: 'License' }

type Props = { params: RepoParams; searchParams: SearchParams }

const Page = (props: Props) => <LicensePage type="dataset" {...props} />

export default Page
