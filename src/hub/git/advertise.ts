import type { Objects } from '../../catalog/index.ts'
import { flush, line } from './PktLine.ts'

export type Service = 'git-upload-pack' | 'git-receive-pack'

const agent = 'agent=dehug/1'
const nothing = '0'.repeat(40)
const main = 'refs/heads/main'

const shown = /^refs\/(heads|tags|pr|convert)\//

/** The names that git is shown. */
export const visible = (refs: Objects.NamedRef[]): Objects.NamedRef[] => refs.filter(({ name }) => shown.test(name))

const capabilities: Record<Service, string[]> = {
  'git-upload-pack': [
    ...['multi_ack_detailed', 'no-done', 'side-band', 'side-band-64k', 'thin-pack', 'ofs-delta', 'include-tag'],
    ...['shallow', 'deepen-since', 'deepen-not', 'deepen-relative', 'no-progress', 'filter'],
    ...['allow-tip-sha1-in-want', 'allow-reachable-sha1-in-want', 'object-format=sha1', agent],
  ],
  'git-receive-pack': [
    ...['report-status', 'report-status-v2', 'delete-refs', 'side-band-64k', 'quiet', 'atomic', 'ofs-delta'],
    ...['push-options', 'object-format=sha1', agent],
  ],
}

/** All names with what the service can do, as protocols 0 and 1 begin. Source: git, gitprotocol-http(5). */
export const names = (service: Service, refs: Objects.NamedRef[], version: 0 | 1): Uint8Array => {
  const head = service === 'git-upload-pack' ? refs.find(({ name }) => name === main) : undefined
  const able = [...capabilities[service], ...(head ? [`symref=HEAD:${main}`] : [])].join(' ')
  const named = head ? [{ ...head, name: 'HEAD' }, ...refs] : refs
  const lines = named.flatMap(({ name, oid, peeled }) => [
    `${oid} ${name}`,
    ...(peeled && service === 'git-upload-pack' ? [`${peeled} ${name}^{}`] : []),
  ])
  if (lines.length === 0) lines.push(`${nothing} capabilities^{}`)
  return Buffer.concat([
    line(`# service=${service}\n`),
    flush,
    ...(version === 1 ? [line('version 1\n')] : []),
    ...lines.map((text, index) => line(index === 0 ? `${text}\0${able}\n` : `${text}\n`)),
    flush,
  ])
}

/** What upload-pack can do in protocol 2. */
export const abilities: Uint8Array = Buffer.concat([
  ...['version 2', agent, 'ls-refs=unborn', 'fetch=shallow filter', 'object-format=sha1'].map((text) =>
    line(`${text}\n`),
  ),
  flush,
])

/** The answer to `ls-refs` of protocol 2. */
export const list = (refs: Objects.NamedRef[], texts: readonly string[]): Uint8Array => {
  const prefixes = texts
    .filter((text) => text.startsWith('ref-prefix '))
    .map((text) => text.slice('ref-prefix '.length))
  const wanted = (name: string) => prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix))
  const [symrefs, peel, unborn] = ['symrefs', 'peel', 'unborn'].map((word) => texts.includes(word))
  const head = refs.find(({ name }) => name === main)
  const target = symrefs ? ` symref-target:${main}` : ''
  const first = head ? [`${head.oid} HEAD${target}`] : unborn ? [`unborn HEAD${target}`] : []
  const rest = refs
    .filter(({ name }) => wanted(name))
    .map(({ name, oid, peeled }) => `${oid} ${name}${peel && peeled ? ` peeled:${peeled}` : ''}`)
  return Buffer.concat([...[...(wanted('HEAD') ? first : []), ...rest].map((text) => line(`${text}\n`)), flush])
}
