import type { Metadata } from 'next'
import { ListPage } from '@/components/catalog/ListPage.tsx'
import type { SearchParams } from '@/lib/search-params.ts'

export const metadata: Metadata = { title: 'Datasets' }

const Datasets = ({ searchParams }: { searchParams: SearchParams }) => <ListPage type="dataset" params={searchParams} />

export default Datasets
