import type { Metadata } from 'next'
import { ThreadPage } from '@/components/repo/ThreadPage.tsx'

export const metadata: Metadata = { title: 'Discussion' }

type Props = { params: Promise<{ namespace: string; name: string; num: string }> }

const Page = (props: Props) => <ThreadPage type="dataset" {...props} />

export default Page
