import { Blob, GitObject, type Token } from '../catalog/index.ts'
import { BadInput, NotFound } from '../core/index.ts'
import type { HubContext } from './context.ts'
import { BodyTooLarge, BytesNotYours } from './errors.ts'

/** The bytes of a file that stands in a request. Throws `BadInput` and `BodyTooLarge`. */
export const decodeInline = (
  file: { path: string; content: string; encoding: 'base64' | 'utf-8' },
  limitBytes: number,
): Uint8Array => {
  const bytes = file.encoding === 'utf-8' ? Buffer.from(file.content) : fromBase64(file)
  if (bytes.length > limitBytes) throw new BodyTooLarge(`The file "${file.path}"`, limitBytes)
  return bytes
}

const fromBase64 = ({ path, content }: { path: string; content: string }): Uint8Array => {
  const text = content.replace(/[\r\n]/g, '')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.replace(/=+$/, '').length % 4 === 1) {
    throw new BadInput(`The content of "${path}" is not base64.`, { code: 'bad_base64' })
  }
  return Buffer.from(text, 'base64')
}

/** Puts a small file into the store. A text that is an LFS pointer means the large file, as it does to git. */
export const storeInline = async (
  context: HubContext,
  holder: Token.Holder,
  path: string,
  bytes: Uint8Array,
): Promise<Blob.Blob> => {
  const pointer = GitObject.parseLfsPointer(bytes)
  if (pointer) return largeFile(context, holder, path, pointer.sha256, pointer.size)
  const stored = await context.store.put(bytes, { expect: { size: bytes.length } })
  return { oid: GitObject.oid('blob', bytes), sha256: stored.sha256, cid: stored.cid, size: stored.size, lfs: false }
}

/** A file in LFS, if the caller sent its bytes or may read them. Throws {@link BytesNotYours}. */
export const largeFile = async (
  context: HubContext,
  holder: Token.Holder,
  path: string,
  sha256: string,
  size: number | undefined,
): Promise<Blob.Blob> => {
  const stored = await presentFor(context, holder, sha256)
  if (!stored) throw new BytesNotYours(path, sha256)
  if (size !== undefined && size !== stored.size) {
    throw new BadInput(`The file "${path}" is said to have ${size} bytes; ${sha256} has ${stored.size}.`, {
      code: 'size_mismatch',
    })
  }
  return { ...stored, oid: GitObject.oid('blob', GitObject.lfsPointer(sha256, stored.size)), lfs: true }
}

/** The bytes with this SHA-256 if this caller may refer to them and the store still has them. */
export const presentFor = async (
  { catalog, store }: HubContext,
  holder: Token.Holder,
  sha256: string,
): Promise<Blob.Stored | undefined> => {
  const stored = await Blob.referable(catalog.db, sha256, holder)
  if (!stored) return undefined
  return store.stat(stored.cid).catch((error) => {
    if (error instanceof NotFound) return undefined
    throw error
  })
}
