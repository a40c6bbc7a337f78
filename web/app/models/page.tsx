import type { Metadata } from 'next'
import { ListPage } from '@/components/catalog/ListPage.tsx'
import type { SearchParams } from '@/lib/search-params.ts'

export const metadata: Metadata = { title: 'Models' }

const Models = ({ searchParams }: { searchParams: SearchParams }) => <ListPage type="model" params={searchParams} />

export default Models
