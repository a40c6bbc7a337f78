import type { ReactNode } from 'react'
import { LinkTabs } from '@/components/ui/LinkTabs.tsx'
import { docPages } from './pages.ts'

const DocsLayout = ({ children }: { children: ReactNode }) => (
  <div className="page py-8">
    <div className="mb-6 border-b border-line">
      <LinkTabs label="Docs" tabs={docPages.map(({ name, title }) => ({ href: `/docs/${name}`, label: title }))} />
    </div>
    {children}
  </div>
)

export default DocsLayout
