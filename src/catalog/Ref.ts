import { and, eq, inArray, like, or, sql } from 'drizzle-orm'
import { BadInput, Conflict, NotFound, NotPermitted } from '../core/index.ts'
import type { Db } from './database.ts'
import { refs } from './tables/index.ts'

/** A name and the commit it stands for; `tagOid` is the tag object of an annotated tag. */
export type Ref = Omit<typeof refs.$inferSelect, 'repoId'>

export const main = 'refs/heads/main'

/** All refs by their full name, or those below some prefixes such as `refs/heads/`. */
export const list = (db: Db, repoId: string, prefixes: string[] = ['refs/']): Promise<Ref[]> =>
  db
    .select({ name: refs.name, oid: refs.oid, tagOid: refs.tagOid })
    .from(refs)
    .where(and(eq(refs.repoId, repoId), or(...prefixes.map((prefix) => like(refs.name, `${prefix}%`)))))
    .orderBy(refs.name)

/** The refs of these full names, as far as they are there. */
export const byName = async (db: Db, repoId: string, names: string[]): Promise<Map<string, Ref>> => {
  const rows = await db
    .select({ name: refs.name, oid: refs.oid, tagOid: refs.tagOid })
    .from(refs)
    .where(and(eq(refs.repoId, repoId), inArray(refs.name, names)))
  return new Map(rows.map((row) => [row.name, row]))
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const forbidden = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\/$|\.$/

/**
 * Asserts that git takes a full name such as `refs/heads/main`, and that it cannot be mistaken for a commit.
 * Throws {@link BadRefName}. Source: git-check-ref-format(1).
 */
export const assertName = (name: string): void => {
  const [, , short = ''] = /^refs\/(heads|tags|pr|convert)\/(.*)$/su.exec(name) ?? []
  const why =
    short === ''
      ? 'it is empty, or not below refs/heads/ or refs/tags/'
      : !name.isWellFormed() || Buffer.byteLength(name) > 255
        ? 'it is longer than 255 bytes or not Unicode'
        : forbidden.test(name) || short === '@'
          ? 'it holds something that git refuses in names'
          : name.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock'))
            ? 'a part begins with a dot or ends in .lock'
            : short.startsWith('-') || short === 'HEAD' || short.startsWith('refs/') || /^[0-9a-f]{40}$/.test(short)
              ? 'it would be mistaken for something else'
              : undefined
  if (why !== undefined) throw new BadRefName(name, why)
}

/** git keeps `a` as a file and `a/b` below a folder: both cannot be. Throws {@link RefExists}. */
export const assertNoneAround = async (tx: Db, repoId: string, name: string): Promise<void> => {
  const above = name.split('/').flatMap((_, i, parts) => (i > 2 ? [parts.slice(0, i).join('/')] : []))
  const [other] = await tx
    .select({ name: refs.name })
    .from(refs)
    .where(and(eq(refs.repoId, repoId), or(inArray(refs.name, above), sql`starts_with(${refs.name}, ${`${name}/`})`)))
    .limit(1)
  if (other) throw new RefExists(other.name)
}

/** Sets a ref; the caller holds the lock of the repository. */
export const set = async (tx: Db, repoId: string, ref: Ref): Promise<void> => {
  const { oid, tagOid } = ref
  await tx
    .insert(refs)
    .values({ ...ref, repoId })
    .onConflictDoUpdate({ target: [refs.repoId, refs.name], set: { oid, tagOid } })
}

/** Removes a ref; the caller holds the lock of the repository. Throws {@link MainStays}. */
export const remove = async (tx: Db, repoId: string, name: string): Promise<void> => {
  if (name === main) throw new MainStays()
  await tx.delete(refs).where(and(eq(refs.repoId, repoId), eq(refs.name, name)))
}

export class BadRefName extends BadInput {
  constructor(name: string, why: string) {
    super(`The name "${name.slice(0, 255)}" is not accepted: ${why}.`, {
      code: 'bad_ref_name',
      hint: 'Use letters, digits and "-", "_", ".", "/".',
    })
  }
}

/** Clients look for these words. */
export class RefExists extends Conflict {
  constructor(name: string) {
    super(`Reference ${name} already exists`, { code: 'ref_exists', hint: 'Choose another name.' })
  }
}

export class NoSuchRef extends NotFound {
  constructor(name: string) {
    super(`Invalid rev id: ${name}`, { code: 'revision_not_found', hint: 'Use a branch or tag of this repository.' })
  }
}

export class MainStays extends NotPermitted {
  constructor() {
    super(`Cannot delete ${main}`, { code: 'main_stays', hint: 'Other branches can be deleted.' })
  }
}
