import { BadInput } from '../../core/index.ts'
import type { ByteReader } from './ByteReader.ts'
import { read, textOf } from './PktLine.ts'

/** One name that is to be moved; `''` stands for none. */
export type Command = { ref: string; from: string; to: string }

export type PushRequest = { commands: Command[]; able: Set<string> }

const maxCommands = 1_000
const nothing = '0'.repeat(40)

/** Reads what stands before the pack; undefined for the empty request git sends first to try its token. Throws {@link BadPush}. */
export const readPush = async (reader: ByteReader): Promise<PushRequest | undefined> => {
  const request: PushRequest = { commands: [], able: new Set() }
  for (let packet = await read(reader); packet?.kind === 'line'; packet = await read(reader)) {
    const [command = '', able] = textOf(packet.bytes).split('\0', 2)
    for (const word of able?.split(' ') ?? []) request.able.add(word)
    // A shallow clone tells where it ends; what it pushes has to come after what is here all the same.
    if (/^shallow [0-9a-f]{40}$/.test(command)) continue
    request.commands.push(commandOf(command))
    if (request.commands.length > maxCommands) throw new BadPush(`it moves more than ${maxCommands} names`)
  }
  if (request.commands.length === 0) return undefined
  assertEachOnce(request.commands)
  if (request.able.has('push-options')) await skipOptions(reader)
  return request
}

const commandOf = (text: string): Command => {
  const [, from = '', to = '', ref = ''] = /^([0-9a-f]{40}) ([0-9a-f]{40}) ([^\n\0]{1,1024})$/.exec(text) ?? []
  if (ref === '') throw new BadPush('a line is neither a command nor the end of them')
  const side = (oid: string) => (oid === nothing ? '' : oid)
  return { ref, from: side(from), to: side(to) }
}

const assertEachOnce = (commands: readonly Command[]): void => {
  if (new Set(commands.map(({ ref }) => ref)).size < commands.length) throw new BadPush('it moves a name twice')
}

/** `git push -o` means something to other hosts only. */
const skipOptions = async (reader: ByteReader): Promise<void> => {
  for (let left = maxCommands; (await read(reader))?.kind === 'line'; left--) {
    if (left === 0) throw new BadPush('it has too many options')
  }
}

/** A push that is not of git's protocol. */
export class BadPush extends BadInput {
  constructor(why: string) {
    super(`The push was refused: ${why}.`, { code: 'bad_push' })
  }
}
