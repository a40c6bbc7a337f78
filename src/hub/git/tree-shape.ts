import type { GitObject } from '../../catalog/index.ts'
import { BadObject } from './errors.ts'

/** As much of a tree as tells how large it is with all below it. Lengths are in bytes. */
export type Shape = { files: number; longestFile: number; folders: { oid: string; length: number }[] }

const maxFiles = 1_000_000
const maxPathBytes = 1_024

export const shapeOf = (entries: readonly GitObject.Entry[]): Shape => {
  const shape: Shape = { files: 0, longestFile: 0, folders: [] }
  for (const { mode, name, oid } of entries) {
    const length = Buffer.byteLength(name)
    if (mode === '40000') shape.folders.push({ oid, length })
    else {
      shape.files += 1
      shape.longestFile = Math.max(shape.longestFile, length)
    }
  }
  return shape
}

type Extent = { files: number; path: number }

/**
 * Asserts that no tree stands for more files, or longer paths, than anybody can list: few objects may name each other
 * often enough for billions of files. Throws {@link BadObject}.
 */
export const assertModest = (roots: readonly string[], shapes: ReadonlyMap<string, Shape>): void => {
  const extents = new Map<string, Extent>()
  for (const root of roots) {
    const stack = [root]
    for (let oid = stack.at(-1); oid !== undefined; oid = stack.at(-1)) {
      const shape = shapes.get(oid) ?? { files: 0, longestFile: 0, folders: [] }
      const open = extents.has(oid) ? [] : shape.folders.filter((folder) => !extents.has(folder.oid))
      if (open.length > 0) for (const folder of open) stack.push(folder.oid)
      else {
        stack.pop()
        extents.set(oid, extentOf(shape, extents))
      }
    }
  }
}

const extentOf = (shape: Shape, extents: ReadonlyMap<string, Extent>): Extent => {
  const extent: Extent = { files: shape.files, path: shape.longestFile }
  for (const { oid, length } of shape.folders) {
    const below = extents.get(oid) as Extent
    extent.files += below.files
    extent.path = Math.max(extent.path, length + 1 + below.path)
  }
  if (extent.files > maxFiles) throw new BadObject('a commit', `it has more than ${maxFiles} files`)
  if (extent.path > maxPathBytes) throw new BadObject('a commit', `a path in it is longer than ${maxPathBytes} bytes`)
  return extent
}
