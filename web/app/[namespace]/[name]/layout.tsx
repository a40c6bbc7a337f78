import type { Metadata } from 'next'
import type { ReactNode } from 'react'
import { RepoHeader } from '@/components/repo/RepoHeader.tsx'
import { idOf, type RepoParams, repoInfo } from '@/lib/repo.ts'

type Props = { params: RepoParams; children: ReactNode }

export const generateMetadata = async ({ params }: Props): Promise<Metadata> => {
  const { id } = await repoInfo('model', await idOf(params))
  return { title: { default: id, template: `%s · ${id} · DeHug` } }
}

const ModelLayout = async ({ params, children }: Props) => (
  <>
    <RepoHeader type="model" info={await repoInfo('model', await idOf(params))} />
    {children}
  </>
)

export default ModelLayout
