import type { Metadata } from 'next'
import { Link } from '@/components/ui/Link.tsx'
import { docPages } from './pages.ts'

export const metadata: Metadata = { title: 'Docs' }

const Docs = () => (
  <>
    <h1 className="text-2xl font-semibold">Docs</h1>
    <p className="mt-1 max-w-prose text-ink-2">
      The pages of the repository itself. Where commands are marked as run, the tests run exactly what you read. The
      HTTP API is described at{' '}
      <a href="/api/openapi.json" className="link">
        /api/openapi.json
      </a>
      , the indexer&apos;s at{' '}
      <a href="/graphql" className="link">
        /graphql
      </a>
      .
    </p>
    <ul className="mt-6 grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
      {docPages.map(({ name, title, about, executed }) => (
        <li key={name} className="panel p-4">
          <h2 className="font-semibold">
            <Link href={`/docs/${name}`} className="hover:underline">
              {title}
            </Link>
          </h2>
          <p className="mt-1 text-sm text-ink-2">{about}</p>
          {executed && <p className="mt-2 text-xs text-good">Commands run by the tests</p>}
        </li>
      ))}
    </ul>
  </>
)

export default Docs
