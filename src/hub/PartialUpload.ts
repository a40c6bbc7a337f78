import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BadInput, DehugError, NotFound } from '../core/index.ts'
import type { Capability } from './Capability.ts'

/** Parts are kept as long as the links to send them hold. */
const keptMs = 24 * 3_600_000
const unfinishedPerUser = 100
const prefix = 'lfs-'

/** A file that one user sends in parts, which lie on the store's disk until they are complete. */
export type PartialUpload = { dir: string; user: string; key: string; size: number; partBytes: number }

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 24)

/** The upload a link is for. The same user with the same file meets the same parts again. */
export const of = (dir: string, { user, sha256, size, partBytes }: Capability): PartialUpload => {
  if (partBytes === undefined) throw new BadInput('This link is for a file in one piece.', { code: 'not_in_parts' })
  return { dir, user: short(user), key: short(`${sha256}:${size}:${partBytes}`), size, partBytes }
}

const pathOf = ({ dir, user, key }: PartialUpload, part: number): string => join(dir, `${prefix}${user}.${key}.${part}`)

export const partCount = ({ size, partBytes }: { size: number; partBytes: number }): number =>
  Math.ceil(size / partBytes)

/** Bytes of a part, counted from 1. Throws `NotFound` where there is none of this number. */
export const sizeOf = (upload: PartialUpload, part: number): number => {
  const count = partCount(upload)
  if (!Number.isInteger(part) || part < 1 || part > count) {
    throw new NotFound(`There is no part ${part}: the upload has ${count}.`, { code: 'no_such_part' })
  }
  return Math.min(upload.partBytes, upload.size - (part - 1) * upload.partBytes)
}

export const has = async (upload: PartialUpload, part: number): Promise<boolean> => {
  const facts = await stat(pathOf(upload, part)).catch(() => undefined)
  return facts?.size === sizeOf(upload, part)
}

/** Takes one part whole, or not at all. Throws {@link TooManyUploads} and what the body throws. */
export const write = async (upload: PartialUpload, part: number, body: AsyncIterable<Uint8Array>): Promise<void> => {
  await assertRoom(upload)
  const path = pathOf(upload, part)
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  const file = await open(temporary, 'wx', 0o600)
  try {
    for await (const piece of body) {
      for (let done = 0; done < piece.length; ) done += (await file.write(piece, done)).bytesWritten
    }
    await file.datasync()
    await file.close()
    await rename(temporary, path)
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(temporary, { force: true })
    throw error
  }
}

/** All bytes in order. Throws {@link PartMissing}. */
export async function* read(upload: PartialUpload): AsyncGenerator<Uint8Array> {
  const count = partCount(upload)
  for (let part = 1; part <= count; part++) if (!(await has(upload, part))) throw new PartMissing(part)
  for (let part = 1; part <= count; part++) {
    yield* createReadStream(pathOf(upload, part), { highWaterMark: 2 ** 20 }) as AsyncIterable<Uint8Array>
  }
}

/** Deletes all parts. */
export const remove = async (upload: PartialUpload): Promise<void> => {
  for (let part = partCount(upload); part > 0; part--) await rm(pathOf(upload, part), { force: true })
}

/** Deletes parts that nobody completed within a day. */
export const sweep = async (dir: string, now: Date): Promise<void> => {
  for (const name of await readdir(dir)) {
    if (!name.startsWith(prefix)) continue
    const facts = await stat(join(dir, name)).catch(() => undefined)
    if (facts && now.getTime() - facts.mtimeMs > keptMs) await rm(join(dir, name), { force: true })
  }
}

const assertRoom = async ({ dir, user, key }: PartialUpload): Promise<void> => {
  const own = (await readdir(dir)).filter((name) => name.startsWith(`${prefix}${user}.`))
  const uploads = new Set(own.map((name) => name.split('.')[1]))
  if (!uploads.has(key) && uploads.size >= unfinishedPerUser) throw new TooManyUploads()
}

/** An upload in parts is completed before all of them are here. */
export class PartMissing extends BadInput {
  constructor(part: number) {
    super(`Part ${part} of the upload is missing.`, { code: 'part_missing', hint: 'Send it, then complete again.' })
  }
}

export class TooManyUploads extends DehugError {
  constructor() {
    super(`You have ${unfinishedPerUser} unfinished uploads.`, {
      code: 'too_many_uploads',
      status: 429,
      hint: 'Complete them, or wait a day until they are dropped.',
    })
  }
}
