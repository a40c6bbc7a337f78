import type { ComponentProps, ReactNode } from 'react'
import Markdown, { type Components } from 'react-markdown'
import rehypeSlug from 'rehype-slug'
import remarkGfm from 'remark-gfm'
import { CodeBlock } from '@/components/card/CodeBlock.tsx'

/** A page of the repository's docs: its links lead to the same pages here. */
export const DocText = ({ text }: { text: string }) => (
  <div className="prose">
    <Markdown remarkPlugins={[remarkGfm]} rehypePlugins={[rehypeSlug]} components={components}>
      {text}
    </Markdown>
  </div>
)

const components: Components = {
  a: ({ href = '', children }) => <a href={placeOf(href)}>{children}</a>,
  img: ({ src, alt }) => (
    <img src={typeof src === 'string' ? src.replace(/^(\.\/)?images\//, '/docs/images/') : ''} alt={alt ?? ''} />
  ),
  pre: ({ children }) => <Pre>{children}</Pre>,
  table: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div className="card-table" tabIndex={0}>
      <table>{children}</table>
    </div>
  ),
}

/** `trust.md#keys` → `/docs/trust#keys`; what is outside docs/ has no page here. */
const placeOf = (href: string): string => href.replace(/^(?:\.\/)?([\w-]+)\.md(?=#|$)/, '/docs/$1')

const Pre = ({ children }: ComponentProps<'pre'>) => {
  const { className = '', children: code } =
    (children as { props?: { className?: string; children?: ReactNode } }).props ?? {}
  return <CodeBlock code={String(code)} language={/language-([\w+-]+)/.exec(className)?.[1]} label="sample" />
}
