import { BadInput } from '../../core/index.ts'
import type { ByteReader } from './ByteReader.ts'
import { type Packet, read, textOf } from './PktLine.ts'

/** What a client asks of upload-pack. Source: git, gitprotocol-pack(5) and gitprotocol-v2(5). */
export type FetchRequest = {
  wants: string[]
  haves: string[]
  done: boolean
  /** Protocol 0: the request ended after what is wanted; only the new edge of a shallow clone is to be told. */
  wantsOnly: boolean
  /** Commits whose parents the client does not have. */
  shallow: string[]
  deepen: Deepen | undefined
  filter: Filter | undefined
  /** Protocol 0: what the client can do; later: the arguments without a value, such as `no-progress`. */
  options: Set<string>
}

/** How far back a shallow clone shall go. `not` are names of branches or tags. */
export type Deepen = { depth: number | undefined; relative: boolean; since: number | undefined; not: string[] }

/** Files the client does not want yet. */
export type Filter = { largestBlob: number }

const maxLines = 500_000

const empty = (): FetchRequest => ({
  wants: [],
  haves: [],
  done: false,
  wantsOnly: false,
  shallow: [],
  deepen: undefined,
  filter: undefined,
  options: new Set(),
})

/** Reads the request of protocols 0 and 1; undefined for a body that asks for nothing. Throws `BadPacket`, {@link BadFetch}. */
export const readV0 = async (reader: ByteReader): Promise<FetchRequest | undefined> => {
  const request = empty()
  const lines = budget()
  for (let packet = await read(reader); packet?.kind === 'line'; packet = await read(reader)) {
    lines.spend()
    const text = textOf(packet.bytes)
    const [, want, options] = /^want ([0-9a-f]{40})(?: ?(.*))?$/.exec(text) ?? []
    if (want === undefined) take(request, text)
    else {
      request.wants.push(want)
      for (const option of options?.split(' ') ?? []) if (option !== '') request.options.add(option)
    }
  }
  if (request.wants.length === 0) return undefined
  let packet = await read(reader)
  request.wantsOnly = packet === undefined
  for (; packet && !request.done; packet = await read(reader)) {
    lines.spend()
    if (packet.kind === 'line') take(request, textOf(packet.bytes))
  }
  return request
}

/** Reads the arguments of the `fetch` command of protocol 2. */
export const fromArguments = (texts: readonly string[]): FetchRequest => {
  const request = empty()
  for (const text of texts) take(request, text)
  return request
}

/** A command of protocol 2 with its arguments; undefined for a body that asks for nothing. */
export const readCommand = async (reader: ByteReader): Promise<{ command: string; texts: string[] } | undefined> => {
  const lines = budget()
  let command: string | undefined
  const texts: string[] = []
  let inArguments = false
  for (let packet = await read(reader); packet && packet.kind !== 'flush'; packet = await read(reader)) {
    lines.spend()
    if (packet.kind === 'line') {
      const text = textOf(packet.bytes)
      if (inArguments) texts.push(text)
      else if (text.startsWith('command=')) command = text.slice('command='.length)
    } else inArguments = isDelimiter(packet)
  }
  return command === undefined ? undefined : { command, texts }
}

const isDelimiter = ({ kind }: Packet): boolean => {
  if (kind === 'delimiter') return true
  throw new BadFetch('a packet is out of place')
}

const budget = () => {
  let left = maxLines
  return {
    spend: () => {
      left -= 1
      if (left < 0) throw new BadFetch(`it has more than ${maxLines} lines`)
    },
  }
}

const flags = new Set(['thin-pack', 'no-progress', 'include-tag', 'ofs-delta', 'wait-for-done'])

const take = (request: FetchRequest, text: string): void => {
  const [word = '', value = ''] = text.split(/ (.*)/s, 2)
  if (word === 'want') request.wants.push(oidIn(value))
  else if (word === 'have') request.haves.push(oidIn(value))
  else if (word === 'shallow') request.shallow.push(oidIn(value))
  else if (word === 'done') request.done = true
  else if (word === 'filter') request.filter = filterIn(value)
  else if (word.startsWith('deepen')) deepen(request, word, value)
  else if (flags.has(word)) request.options.add(word)
  else throw new BadFetch(`"${text.slice(0, 80)}" is not known here`)
}

const deepen = (request: FetchRequest, word: string, value: string): void => {
  request.deepen ??= { depth: undefined, relative: request.options.has('deepen-relative'), since: undefined, not: [] }
  if (word === 'deepen') request.deepen.depth = numberIn(value)
  else if (word === 'deepen-since') request.deepen.since = numberIn(value)
  else if (word === 'deepen-not') request.deepen.not.push(value)
  else if (word === 'deepen-relative') request.deepen.relative = true
  else throw new BadFetch(`"${word.slice(0, 40)}" is not known here`)
}

const oidIn = (text: string): string => {
  if (/^[0-9a-f]{40}$/.test(text)) return text
  throw new BadFetch(`"${text.slice(0, 80)}" is not an object id`)
}

const numberIn = (text: string): number => {
  if (/^[1-9]\d{0,11}$/.test(text)) return Number(text)
  throw new BadFetch(`"${text.slice(0, 80)}" is not a number above zero`)
}

const scale: Record<string, number> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

const filterIn = (text: string): Filter => {
  if (text === 'blob:none') return { largestBlob: -1 }
  const [, digits, unit = ''] = /^blob:limit=(\d{1,12})([kmg]?)$/.exec(text) ?? []
  if (digits !== undefined) return { largestBlob: Number(digits) * (scale[unit] ?? 1) - 1 }
  throw new BadFetch(`the filter "${text.slice(0, 80)}" is not offered; use blob:none or blob:limit=<n>`)
}

/** A fetch that cannot be answered; git shows the words to the person. */
export class BadFetch extends BadInput {
  constructor(why: string) {
    super(`The fetch was refused: ${why}.`, { code: 'bad_fetch' })
  }
}
