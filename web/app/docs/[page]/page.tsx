import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { Badge } from '@/components/ui/Badge.tsx'
import { DocText } from '../DocText.tsx'
import { docPages, readDoc } from '../pages.ts'

type Props = { params: Promise<{ page: string }> }

export const generateMetadata = async ({ params }: Props): Promise<Metadata> => {
  const { page } = await params
  return { title: docPages.find(({ name }) => name === page)?.title ?? 'Docs' }
}

const Doc = async ({ params }: Props) => {
  const found = await readDoc((await params).page)
  if (!found) notFound()
  return (
    <article className="max-w-4xl">
      {found.page.executed && <Badge tone="good">The commands on this page are run by the tests</Badge>}
      <DocText text={found.text} />
    </article>
  )
}

export default Doc
