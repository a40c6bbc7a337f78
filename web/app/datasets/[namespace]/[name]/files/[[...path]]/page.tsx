import type { Metadata } from 'next'
import { FilesPage } from '@/components/repo/FilesPage.tsx'
import type { SearchParams } from '@/lib/search-params.ts'

export const metadata: Metadata = { title: 'Files' }

type Props = { params: Promise<{ namespace: string; name: string; path?: string[] }>; searchParams: SearchParams }

const Files = (props: Props) => <FilesPage type="dataset" {...props} />

export default Files
