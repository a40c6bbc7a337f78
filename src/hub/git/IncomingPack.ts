import { createHash } from 'node:crypto'
import { GitObject } from '../../catalog/index.ts'
import { BodyTooLarge } from '../errors.ts'
import * as Delta from './Delta.ts'
import { BadPack } from './errors.ts'
import { type Entry, reread, scan } from './PackScanner.ts'
import { Spool } from './Spool.ts'

export type PackLimits = {
  /** The pack itself. */
  packBytes: number
  /** One object. */
  objectBytes: number
  /** All that deltas make, together. */
  expandedBytes: number
  objects: number
}

/** An object's kind and bytes. */
export type Content = { kind: GitObject.Kind; bytes: Uint8Array }

type Source = {
  /** A folder for files that are gone with the process. */
  dir: string
  limits: PackLimits
  /** An object that is not in the pack, for deltas of what the hub has already. */
  outside(oid: string): Promise<Content | undefined>
}

/** Where an object is: in the pack as it came, or among those that deltas made. */
type Place = { kind: GitObject.Kind; entry: Entry } | { kind: GitObject.Kind; at: number; size: number }

/** A pushed pack on disk with all its deltas resolved and every id computed from the bytes. Memory does not grow with them. */
export class IncomingPack implements AsyncDisposable {
  readonly #pack: Spool
  readonly #made: Spool
  readonly #source: Source
  readonly #places = new Map<string, Place>()
  #end = 0
  #madeBytes = 0

  private constructor(pack: Spool, made: Spool, source: Source) {
    this.#pack = pack
    this.#made = made
    this.#source = source
  }

  /** Takes a pack from a body. Throws {@link BadPack} and `BodyTooLarge`; then nothing of it is left. */
  static async receive(body: AsyncIterable<Uint8Array>, source: Source): Promise<IncomingPack> {
    const pack = await Spool.open(source.dir)
    const made = await Spool.open(source.dir)
    const incoming = new IncomingPack(pack, made, source)
    try {
      await incoming.#resolve(await incoming.#index(await incoming.#spool(body)))
      return incoming
    } catch (error) {
      await incoming[Symbol.asyncDispose]()
      throw error
    }
  }

  get objects(): number {
    return this.#places.size
  }

  kindOf(oid: string): GitObject.Kind | undefined {
    return this.#places.get(oid)?.kind
  }

  async read(oid: string): Promise<Content> {
    const place = this.#places.get(oid)
    if (!place) throw new BadPack(`it does not hold ${oid}`)
    return { kind: place.kind, bytes: await this.#bytesAt(place) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pack[Symbol.asyncDispose]()
    await this.#made[Symbol.asyncDispose]()
  }

  /** Writes the body to disk, and checks its head and the checksum at its end. Returns the number of objects. */
  async #spool(body: AsyncIterable<Uint8Array>): Promise<number> {
    const { packBytes, objects } = this.#source.limits
    const hash = createHash('sha1')
    let tail: Buffer = Buffer.alloc(0)
    for await (const piece of body) {
      if (this.#pack.size + piece.length > packBytes) throw new BodyTooLarge('The pack', packBytes)
      await this.#pack.append(piece)
      const all = Buffer.concat([tail, piece])
      const cut = Math.max(0, all.length - 20)
      hash.update(all.subarray(0, cut))
      tail = all.subarray(cut)
    }
    const head = await this.#pack.read(0, 12)
    if (this.#pack.size < 32 || head.toString('latin1', 0, 4) !== 'PACK')
      throw new BadPack('it does not begin as a pack')
    const version = head.readUInt32BE(4)
    if (version !== 2 && version !== 3) throw new BadPack(`its version is ${version}`)
    const count = head.readUInt32BE(8)
    if (count > objects)
      throw new BadPack(`it holds ${count} objects and at most ${objects} are accepted; push in parts`)
    if (!hash.digest().equals(tail)) throw new BadPack('its checksum is wrong')
    this.#end = this.#pack.size - 20
    return count
  }

  /** Finds all objects; returns the deltas among them with the ids by place of the others. */
  async #index(count: number): Promise<{ deltas: Entry[]; known: Map<number, string> }> {
    const deltas: Entry[] = []
    const known = new Map<number, string>()
    const largest = this.#source.limits.objectBytes
    for await (const { bytes, ...entry } of scan(this.#pack, { count, end: this.#end, largest })) {
      if (entry.kind === undefined) deltas.push(entry)
      else known.set(entry.start, this.#add(bytes, { kind: entry.kind, entry }))
    }
    return { deltas, known }
  }

  #add(bytes: Uint8Array, place: Place): string {
    const oid = GitObject.oid(place.kind, bytes)
    this.#places.set(oid, place)
    return oid
  }

  /** Makes the objects of all deltas, each after its base. What is left then has no base, or only itself. */
  async #resolve({ deltas, known }: { deltas: Entry[]; known: Map<number, string> }): Promise<void> {
    const waiting = new Map<number | string, Entry[]>()
    for (const delta of deltas) {
      const base = delta.base as number | string
      const others = waiting.get(base)
      if (others) others.push(delta)
      else waiting.set(base, [delta])
    }
    for (const [start, oid] of known) await this.#makeAll(waiting, { start, oid })
    for (const oid of [...waiting.keys()]) {
      const base = typeof oid === 'string' && waiting.has(oid) ? await this.#source.outside(oid) : undefined
      if (base) for (const made of await this.#make(base, take(waiting, oid))) await this.#makeAll(waiting, made)
    }
    if (waiting.size > 0) throw new BadPack(`${waiting.size} deltas are of objects that are not there`)
  }

  /** Makes what waits for an object, and what waits for that. */
  async #makeAll(waiting: Map<number | string, Entry[]>, first: { start: number; oid: string }): Promise<void> {
    const ready = [first]
    for (let one = ready.pop(); one; one = ready.pop()) {
      const wanted = [...take(waiting, one.start), ...take(waiting, one.oid)]
      if (wanted.length === 0) continue
      for (const made of await this.#make(await this.read(one.oid), wanted)) ready.push(made)
    }
  }

  async #make(base: Content, deltas: readonly Entry[]): Promise<{ start: number; oid: string }[]> {
    const made: { start: number; oid: string }[] = []
    const { objectBytes, expandedBytes } = this.#source.limits
    for (const delta of deltas) {
      const bytes = Delta.apply(base.bytes, await reread(this.#pack, delta, this.#end), objectBytes)
      this.#madeBytes += bytes.length
      if (this.#madeBytes > expandedBytes) {
        throw new BadPack(`its deltas make more than the ${expandedBytes} bytes that are accepted; push in parts`)
      }
      const place = { kind: base.kind, at: await this.#made.append(bytes), size: bytes.length }
      made.push({ start: delta.start, oid: this.#add(bytes, place) })
    }
    return made
  }

  async #bytesAt(place: Place): Promise<Uint8Array> {
    if ('entry' in place) return reread(this.#pack, place.entry, this.#end)
    return this.#made.read(place.at, place.size)
  }
}

const take = <K, V>(map: Map<K, V[]>, key: K): V[] => {
  const taken = map.get(key) ?? []
  map.delete(key)
  return taken
}
