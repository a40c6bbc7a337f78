import { Blob, type Db, GitObject, Objects, type Repo } from '../../catalog/index.ts'
import { BadObject } from './errors.ts'
import type { IncomingPack } from './IncomingPack.ts'
import { commitLinks, tagTarget, treeEntries } from './ObjectRules.ts'
import { assertModest, type Shape, shapeOf } from './tree-shape.ts'

/** New objects that one pushed name reaches, and the commit it stands for. */
export type Reached = {
  commit: string
  tagOid: string | undefined
  /** Commits, trees and tags. */
  objects: Set<string>
  /** New files with a path where each is found. */
  blobs: Map<string, string>
  /** Commits the repository has that new ones come after. */
  known: Set<string>
}

const oidsAtOnce = 1_000

/**
 * Follows pushed names through the pack to what the repository has already: every object on the way is checked,
 * and nothing may be missing.
 */
export class PushCheck {
  readonly #db: Db
  readonly #repo: Repo.Repo
  readonly #pack: IncomingPack
  /** Shapes of trees that were looked at, new and old. */
  readonly #shapes = new Map<string, Shape>()

  constructor(db: Db, repo: Repo.Repo, pack: IncomingPack) {
    this.#db = db
    this.#repo = repo
    this.#pack = pack
  }

  /** Throws {@link BadObject}. */
  async follow(ref: string, tip: string): Promise<Reached> {
    const reached: Reached = { commit: tip, tagOid: undefined, objects: new Set(), blobs: new Map(), known: new Set() }
    await this.#peel(ref, reached)
    const roots = await this.#commits(reached)
    await this.#trees(roots, reached)
    assertModest(roots, this.#shapes)
    return reached
  }

  /** An annotated tag stands for its commit. */
  async #peel(ref: string, reached: Reached): Promise<void> {
    const tip = reached.commit
    const isNew = this.#pack.kindOf(tip) !== undefined
    const object = isNew ? await this.#pack.read(tip) : (await Objects.read(this.#db, this.#repo.id, [tip])).get(tip)
    if (!object) throw new BadObject(tip.slice(0, 10), 'it was not sent and is not in the repository')
    if (object.kind === 'commit') return
    if (object.kind !== 'tag' || !ref.startsWith('refs/tags/'))
      throw new BadObject(tip.slice(0, 10), `it is a ${object.kind}`)
    reached.commit = tagTarget(tip, object.bytes)
    reached.tagOid = tip
    if (isNew) reached.objects.add(tip)
  }

  /** Walks new commits; returns their trees. */
  async #commits(reached: Reached): Promise<string[]> {
    const roots = new Set<string>()
    const open = [reached.commit]
    for (let oid = open.pop(); oid !== undefined; oid = open.pop()) {
      if (reached.objects.has(oid) || reached.known.has(oid)) continue
      const kind = this.#pack.kindOf(oid)
      if (kind === undefined) reached.known.add(oid)
      else {
        if (kind !== 'commit') throw new BadObject(oid.slice(0, 10), `it is a ${kind} and was named as a commit`)
        const { tree, parents } = commitLinks(oid, (await this.#pack.read(oid)).bytes)
        reached.objects.add(oid)
        roots.add(tree)
        for (const parent of parents) open.push(parent)
      }
    }
    await this.#assertKnown('commit', reached.known)
    return [...roots]
  }

  /** Walks trees: new ones are checked, and of old ones only the shape is looked at. */
  async #trees(roots: readonly string[], reached: Reached): Promise<void> {
    const files = new Map<string, string>()
    const seen = new Set(roots)
    for (let level = roots.map((oid) => ({ oid, path: '' })); level.length > 0; ) {
      const next: typeof level = []
      const old: string[] = []
      for (const { oid, path } of level) {
        if (this.#pack.kindOf(oid) === undefined) {
          if (!this.#shapes.has(oid)) old.push(oid)
          continue
        }
        const { kind, bytes } = await this.#pack.read(oid)
        if (kind !== 'tree') throw new BadObject(oid.slice(0, 10), `it is a ${kind} and was named as a tree`)
        const entries = treeEntries(oid, bytes)
        this.#shapes.set(oid, shapeOf(entries))
        reached.objects.add(oid)
        for (const { mode, name, oid: id } of entries) {
          if (mode !== '40000') files.set(id, `${path}${name}`)
          else if (!seen.has(id)) {
            seen.add(id)
            next.push({ oid: id, path: `${path}${name}/` })
          }
        }
      }
      await this.#oldTrees(old)
      level = next
    }
    await this.#files(files, reached)
  }

  /** Reads the shapes of trees that the repository has, with all below them. */
  async #oldTrees(oids: string[]): Promise<void> {
    for (let level = oids; level.length > 0; ) {
      const next = new Set<string>()
      for (let at = 0; at < level.length; at += oidsAtOnce) {
        const some = level.slice(at, at + oidsAtOnce)
        const found = await Objects.read(this.#db, this.#repo.id, some)
        for (const oid of some) {
          const object = found.get(oid)
          if (object?.kind !== 'tree') throw missing('tree', oid)
          const shape = shapeOf(GitObject.parseTree(object.bytes))
          this.#shapes.set(oid, shape)
          for (const folder of shape.folders) if (!this.#shapes.has(folder.oid)) next.add(folder.oid)
        }
      }
      level = [...next]
    }
  }

  async #files(files: Map<string, string>, reached: Reached): Promise<void> {
    const old: string[] = []
    for (const [oid, path] of files) {
      const kind = this.#pack.kindOf(oid)
      if (kind === undefined) old.push(oid)
      else if (kind === 'blob') reached.blobs.set(oid, path)
      else throw new BadObject(`"${path}"`, `it is a ${kind} and was named as a file`)
    }
    const there = await Blob.byOid(this.#db, this.#repo.id, old)
    const lost = old.find((oid) => !there.has(oid))
    if (lost !== undefined) throw missing(`file "${files.get(lost)}"`, lost)
  }

  async #assertKnown(kind: 'commit' | 'tree', oids: ReadonlySet<string>): Promise<void> {
    const kinds = await Objects.kinds(this.#db, this.#repo.id, [...oids])
    for (const oid of oids) if (kinds.get(oid) !== kind) throw missing(kind, oid)
  }
}

const missing = (what: string, oid: string): BadObject =>
  new BadObject(`${what} ${oid.slice(0, 10)}`, 'it was not sent and is not in this repository')
