import type { Metadata } from 'next'
import { idOf, type RepoParams } from '@/lib/repo.ts'
import { LazyRepoSettings } from '@/wallet/lazy.tsx'

export const metadata: Metadata = { title: 'Settings' }

const ModelSettingsPage = async ({ params }: { params: RepoParams }) => (
  <div className="page max-w-4xl py-6">
    <h2 className="sr-only">Settings</h2>
    <LazyRepoSettings type="model" id={await idOf(params)} />
  </div>
)

export default ModelSettingsPage
