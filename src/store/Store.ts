import type { Readable } from 'node:stream'
import { BadInput, DehugError, NotFound } from '../core/index.ts'
import type { Recipe, Term } from './xet/Recipe.ts'
import type { XorbTable } from './xet/XorbTable.ts'

/** What a store says about a whole file. `sha256` is bare hex, `size` is in bytes. */
export type Stored = { cid: string; size: number; sha256: string }

/** What the bytes must turn out to be; anything else is refused with {@link ContentMismatch}. */
export type Expectation = { size?: number | undefined; sha256?: string | undefined; cid?: string | undefined }

export type PutOptions = { expect?: Expectation | undefined; signal?: AbortSignal | undefined }

/** Bytes `start` (inclusive) to `end` (exclusive). */
export type ByteRange = { start?: number | undefined; end?: number | undefined }

export type GarbageOptions = {
  /** CIDs (files or directories) to keep beside the pinned ones: all that is anchored or referenced elsewhere. */
  keep: Iterable<string> | AsyncIterable<string>
  /** What was put or pinned later than this is kept. Default: one hour. */
  graceMs?: number | undefined
  /** The same for xorbs that no file uses: uploads that were broken off go on from them. Default: a week. */
  xorbGraceMs?: number | undefined
}

/**
 * The files that went, and the bytes that are free now. `unusedBytes` are left: packed chunks that no file uses, in
 * xorbs of which another chunk is used.
 */
export type Garbage = { deleted: string[]; bytes: number; unusedBytes: number }

/** A file as a client says it is made; `proofs` has what it says of each term, where it says so. */
export type Composition = {
  hash: string
  terms: Term[]
  proofs: Uint8Array[]
  /** Bare hex. */
  sha256: string | undefined
  /** CID of a file that may be the same; where it is, its bytes are not read again. */
  known?: string | undefined
}

export type ComposeOptions = {
  signal?: AbortSignal | undefined
  /** Called with the number of bytes checked so far. */
  onBytes?: ((total: number) => void) | undefined
}

/** Content-addressed bytes: whole files and directories by CID (profile `unixfs-v1-2025`). */
export type Store = {
  /**
   * Stores a file in one pass. It is visible and durable when the promise resolves, and leaves nothing behind when
   * it rejects. Throws {@link ContentMismatch}, {@link StoreFull}, or what the source or `signal` threw.
   */
  put(source: AsyncIterable<Uint8Array> | Uint8Array, options?: PutOptions): Promise<Stored>
  /**
   * As {@link Store.put}, for a file in {@link Store.partialDir} (or elsewhere on that disk) that is given away: it is
   * read once and moved, not copied. It stays where it was when this rejects.
   */
  adopt(path: string, options?: PutOptions): Promise<Stored>
  /** A folder on the store's own disk for downloads that have not finished. */
  readonly partialDir: string
  /** Stores the tree of a folder whose files are here already. Throws {@link NotStored}. */
  putDirectory(files: Iterable<{ path: string; cid: string }>): Promise<{ cid: string; dagSize: number }>
  /** Stores one node of a directory as it is; its children first. Returns its CID. */
  putNode(bytes: Uint8Array): Promise<string>
  /** The bytes of a file. Throws {@link NotStored}, {@link RangeOutside}. */
  open(cid: string, range?: ByteRange): Promise<Readable>
  /** Size and SHA-256 of a file. Throws {@link NotStored}. */
  stat(cid: string): Promise<Stored>
  /** The file with this SHA-256 (bare hex), if it is here. */
  findBySha256(sha256: string): Promise<Stored | undefined>
  /** One block: a chunk of a file or a dag-pb node, unverified. Throws {@link NotStored}. */
  block(cid: string): Promise<Uint8Array>
  /** The files here that hold this block (a chunk, a node, or the file's own CID). */
  owners(cid: string): Promise<string[]>
  /**
   * Absolute path of the whole file, read-only; good for hard links. A file that is kept as chunks is first written out;
   * garbage collection takes that copy away again. Throws {@link NotStored}.
   */
  path(cid: string): Promise<string>
  /** Chunks of files, as Xet clients send and fetch them. */
  readonly xorbs: Xorbs
  /** Keeps a file or directory (and all in it) until `ref` is unpinned. One ref may pin many. Throws {@link NotStored}. */
  pin(cid: string, ref: string): Promise<void>
  /** Lets go of all that `ref` pinned. */
  unpin(ref: string): Promise<void>
  /** Deletes what no pin and nothing in `keep` reaches, once it is older than the grace period. */
  collectGarbage(options: GarbageOptions): Promise<Garbage>
}

/** Files kept as chunks: each chunk once, in a xorb, for all files that have it. */
export type Xorbs = {
  /**
   * Stores a xorb after its chunks were unpacked and hashed. `inserted` is false when it was here. Throws `BadXorb`;
   * nothing is kept then.
   */
  put(hash: string, source: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<{ inserted: boolean }>
  has(hash: string): Promise<boolean>
  /** Hashes, sizes and places of a xorb's chunks. Throws {@link XorbMissing}, {@link StoreDamaged}. */
  table(hash: string): Promise<XorbTable>
  /** A xorb's records as they are kept, checked while they are read. Throws {@link XorbMissing}, {@link RangeOutside}. */
  open(hash: string, range?: ByteRange): Promise<Readable>
  /**
   * Stores a file by what it is made of, checked in one pass over its bytes; no second copy is made. Throws
   * `BadComposition`, {@link XorbMissing}, {@link ContentMismatch}.
   */
  compose(file: Composition, options?: ComposeOptions): Promise<Stored>
  /** What a file is made of; undefined when it is not kept as chunks. */
  recipe(cid: string): Promise<Recipe | undefined>
}

/** The store does not have these bytes. */
export class NotStored extends NotFound {
  constructor(cid: string, what = 'content') {
    super(`The store has no ${what} ${cid}.`, {
      code: 'not_stored',
      hint: 'Fetch it from a source that has it, or put it first.',
      details: { cid },
    })
  }
}

/** The store does not have this xorb. */
export class XorbMissing extends NotFound {
  constructor(hash: string) {
    super(`The store has no xorb ${hash}.`, {
      code: 'no_such_xorb',
      hint: 'Send the xorb before the shard that names it.',
      details: { xorb: hash },
    })
  }
}

/** The bytes are not what was announced; nothing was kept. */
export class ContentMismatch extends BadInput {
  constructor(what: 'size' | 'sha256' | 'cid', expected: string | number, given: string | number) {
    super(`The content has ${what} ${given}, expected ${expected}.`, {
      code: 'content_mismatch',
      hint: 'Compute size, SHA-256 and CID from the file as it is now, and send that file.',
      exitCode: 3,
      details: { what, expected, given },
    })
  }
}

/** The disk (or quota) is full; nothing half-written was kept. */
export class StoreFull extends DehugError {
  constructor(dir: string, cause: unknown) {
    super(`There is no space left in the store ${dir}.`, {
      code: 'store_full',
      status: 507,
      hint: 'Free space on that disk, or collect garbage, then try again.',
      retryable: true,
      details: { dir },
      cause,
    })
  }
}

/** A byte range that lies outside the file. */
export class RangeOutside extends BadInput {
  constructor(start: number, end: number, size: number) {
    super(`Bytes ${start} to ${end} are not within a file of ${size} bytes.`, {
      code: 'range_outside',
      hint: `Ask for a range within 0 and ${size}.`,
      details: { start, end, size },
    })
  }
}

/** The store's own records contradict each other; nothing was deleted. */
export class StoreDamaged extends DehugError {
  constructor(message: string, cid: string) {
    super(message, {
      code: 'store_damaged',
      status: 500,
      hint: `Put or fetch ${cid} again; its bytes are named by it, so nothing else is needed.`,
      details: { cid },
    })
  }
}
