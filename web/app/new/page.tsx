import type { Metadata } from 'next'
import { LazyPublishWizard } from '@/wallet/lazy.tsx'

export const metadata: Metadata = { title: 'Publish' }

const NewPage = () => (
  <div className="page max-w-4xl py-8">
    <h1 className="text-2xl font-semibold">Publish a model or a dataset</h1>
    <p className="mb-6 mt-1 max-w-prose text-ink-2">
      Files are hashed on your computer, the version is signed by you and anchored on chain. It costs nothing.
    </p>
    <noscript>
      <p className="panel mb-4 p-4">
        Hashing and signing need JavaScript. From a terminal: <code className="font-mono">dehug push FOLDER NAME</code>.
      </p>
    </noscript>
    <LazyPublishWizard />
  </div>
)

export default NewPage
