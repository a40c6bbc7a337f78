import type { ComponentProps, ReactNode } from 'react'
import Markdown, { type Components } from 'react-markdown'
import rehypeRaw from 'rehype-raw'
import rehypeSanitize, { defaultSchema } from 'rehype-sanitize'
import rehypeSlug from 'rehype-slug'
import remarkGfm from 'remark-gfm'
import { resolvePath } from '@/lib/repo-path.ts'
import { trimTables } from '@/lib/trim-tables.ts'
import type { RepoType } from '@/lib/types.ts'
import { CardImage } from './CardImage.tsx'
import { CodeBlock } from './CodeBlock.tsx'

type Place = { type: RepoType; id: string; revision: string; base: string }

/** Prefix of ids in a card, so that none is an id of the page. */
const idPrefix = 'card-'

/** What authors may write, and nothing that runs, frames, styles or posts. */
const schema: typeof defaultSchema = {
  ...defaultSchema,
  tagNames: (defaultSchema.tagNames ?? []).filter((tag) => tag !== 'picture' && tag !== 'source'),
  clobberPrefix: idPrefix,
  protocols: { ...defaultSchema.protocols, href: ['http', 'https', 'mailto'], src: ['http', 'https'] },
}

export type Heading = { level: number; text: string; id: string }

/** A card as its author meant it, Markdown with harmless HTML, and its headings for a table of contents. */
export const renderCard = (markdown: string, place: Place): { content: ReactNode; headings: Heading[] } => {
  const headings: Heading[] = []
  const collect = () => (tree: Node) => collectHeadings(tree, headings)
  const content = Markdown({
    children: trimTables(markdown),
    remarkPlugins: [remarkGfm],
    rehypePlugins: [rehypeRaw, [rehypeSanitize, schema], [rehypeSlug, { prefix: idPrefix }], collect],
    components: componentsFor(place),
  })
  return { content: <div className="prose">{content}</div>, headings }
}

type Node = {
  type: string
  tagName?: string
  value?: string
  properties?: Record<string, unknown>
  children?: Node[]
}

const maxHeadings = 60

const collectHeadings = (node: Node, into: Heading[]): void => {
  const level = /^h([1-3])$/.exec(node.tagName ?? '')?.[1]
  if (level && into.length < maxHeadings) {
    const text = wordsOf(node).trim()
    if (text) into.push({ level: Number(level), text, id: String(node.properties?.id ?? '') })
  } else for (const child of node.children ?? []) collectHeadings(child, into)
}

const wordsOf = ({ value = '', children = [] }: Node): string => value + children.map(wordsOf).join('')

const isRemote = (url: string) => /^([a-z][a-z0-9+.-]*:|\/\/)/i.test(url)

const componentsFor = (place: Place): Components => ({
  a: ({ href = '', children }) => <CardLink href={linkOf(href, place)}>{children}</CardLink>,
  img: ({ src, alt, width }) => {
    const url = typeof src === 'string' ? src : ''
    return isRemote(url) ? (
      <CardImage alt={alt} remote={url} />
    ) : (
      <CardImage alt={alt} src={fileOf(url, place)} width={width} />
    )
  },
  table: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="card-table relative" tabIndex={0} aria-label="Table">
      <table>{children}</table>
    </section>
  ),
  input: ({ checked }) => <span>{checked ? '☑' : '☐'}</span>,
  pre: ({ children }) => <Pre>{children}</Pre>,
  // The page's own heading is the first.
  h1: ({ children, id }) => <h2 id={id}>{children}</h2>,
  h2: ({ children, id }) => <h3 id={id}>{children}</h3>,
  h3: ({ children, id }) => <h4 id={id}>{children}</h4>,
  h4: ({ children, id }) => <h5 id={id}>{children}</h5>,
  h5: ({ children, id }) => <h6 id={id}>{children}</h6>,
})

const CardLink = ({ href, children }: ComponentProps<'a'>) => {
  if (!href) return <span>{children}</span>
  return isRemote(href) ? (
    <a href={href} rel="nofollow noopener noreferrer ugc">
      {children}
    </a>
  ) : (
    <a href={href}>{children}</a>
  )
}

const Pre = ({ children }: ComponentProps<'pre'>) => {
  const props = (children as { props?: { className?: string; children?: unknown } } | null)?.props ?? {}
  const language = /language-([\w+-]+)/.exec(props.className ?? '')?.[1]
  return <CodeBlock code={textIn(props.children)} language={language} />
}

const textIn = (node: unknown): string => {
  if (typeof node === 'string' || typeof node === 'number') return String(node)
  if (Array.isArray(node)) return node.map(textIn).join('')
  return node && typeof node === 'object' && 'props' in node
    ? textIn((node as { props: { children?: unknown } }).props.children)
    : ''
}

/** Where a path leads that an author wrote relative to their repository; still encoded. */
const inside = (path: string): string =>
  URL.canParse(path, 'http://repo/') ? new URL(path, 'http://repo/').pathname.slice(1) : ''

const linkOf = (href: string, place: Place): string => {
  if (href.startsWith('#')) return `#${idPrefix}${href.slice(1).replace(idPrefix, '')}`
  if (isRemote(href) || href === '') return href
  if (href.startsWith('/')) return href
  return `${place.base}/files/${inside(href)}`
}

const fileOf = (src: string, { type, id, revision }: Place): string =>
  `${resolvePath(type, id, revision, '')}${inside(src)}`
