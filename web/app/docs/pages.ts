import 'server-only'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { repoRoot } from '@/run/repo-root.ts'

export type DocPage = {
  name: string
  title: string
  about: string
  /** Its commands are run by test/docs.test.ts. */
  executed: boolean
}

/** The pages of docs/, in the order of reading. */
export const docPages: DocPage[] = [
  {
    name: 'architecture',
    title: 'Architecture',
    about: 'The parts, and what each may know of the others.',
    executed: false,
  },
  { name: 'trust', title: 'Trust', about: 'Whom you rely on for what, and what happens if they lie.', executed: false },
  { name: 'creator', title: 'For creators', about: 'Publish, set a price, earn.', executed: true },
  {
    name: 'builder',
    title: 'For app builders',
    about: 'Hugging Face and OpenAI clients, keys, receipts.',
    executed: true,
  },
  { name: 'huggingface', title: 'Hugging Face clients', about: 'What works with which client.', executed: true },
  { name: 'python', title: 'Python', about: 'The dehug package for notebooks.', executed: false },
  { name: 'provider', title: 'For providers', about: 'Serve models and settle.', executed: true },
  { name: 'auditor', title: 'For auditors', about: 'Recompute every balance from the chain.', executed: true },
  { name: 'operator', title: 'For operators', about: 'Run a hub, a gateway, an indexer.', executed: true },
  { name: 'benchmarks', title: 'Benchmarks', about: 'Numbers, with machine and command.', executed: false },
]

/** The page's Markdown; undefined for what is no page. */
export const readDoc = async (name: string): Promise<{ page: DocPage; text: string } | undefined> => {
  const page = docPages.find((one) => one.name === name)
  const text = page && (await readFile(join(repoRoot(), 'docs', `${name}.md`), 'utf8').catch(() => undefined))
  return page && text !== undefined ? { page, text } : undefined
}

/** A picture of docs/images. */
export const readImage = (file: string): Promise<Buffer | undefined> =>
  /^[\w-]+\.png$/.test(file)
    ? readFile(join(repoRoot(), 'docs/images', file)).catch(() => undefined)
    : Promise.resolve(undefined)
