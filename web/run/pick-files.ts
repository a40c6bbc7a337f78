'use client'
import type { Picked } from './verify-files.ts'

/** Files of an input; a folder's own name is left out of their paths. */
export const fromInput = (list: FileList | null): Picked[] =>
  [...(list ?? [])].map((file) => ({
    file,
    path: file.webkitRelativePath ? file.webkitRelativePath.split('/').slice(1).join('/') : file.name,
  }))

/** Files and folders that were dropped; what is in a single dropped folder is named from there. */
export async function fromDrop(items: DataTransferItemList): Promise<Picked[]> {
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? [])
  const found = await Promise.all(entries.map((entry) => walk(entry, entry.isDirectory ? '' : entry.name)))
  return found.flat()
}

async function walk(entry: FileSystemEntry, path: string): Promise<Picked[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail))
    return [{ file, path }]
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const picked: Picked[] = []
  for (;;) {
    // A reader gives at most a hundred entries a time.
    const some = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail))
    if (some.length === 0) return picked
    for (const child of some) picked.push(...(await walk(child, path === '' ? child.name : `${path}/${child.name}`)))
  }
}
