import type { Metadata } from 'next'
import { one, type SearchParams } from '@/lib/search-params.ts'
import { VerifyFiles } from '@/run/VerifyFiles.tsx'

export const metadata: Metadata = { title: 'Verify' }

const Verify = async ({ searchParams }: { searchParams: SearchParams }) => {
  const params = await searchParams
  return (
    <div className="page max-w-4xl py-8">
      <h1 className="text-2xl font-semibold">Verify</h1>
      <p className="mt-1 max-w-prose text-ink-2">
        Files, a folder, a manifest or a receipt: all is computed in your browser and compared with the chain. Nothing
        you choose here is uploaded.
      </p>
      <VerifyFiles repo={one(params, 'repo')?.slice(0, 200) ?? ''} />
      <noscript>
        <p className="mt-4 text-sm">
          This page computes with JavaScript. Without it: <code>dehug verify namespace/name --folder DIR</code>.
        </p>
      </noscript>
    </div>
  )
}

export default Verify
