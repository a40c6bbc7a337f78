import { Path } from 'dehug/core'

/** A file of the folder that was picked; `path` is relative to the folder. */
export type Picked = { path: string; file: File }

export type PickedFolder = { name: string; files: Picked[]; handle?: FileSystemDirectoryHandle | undefined }

/** Where the browser has the File System Access API. */
type WithHandle = DataTransferItem & { getAsFileSystemHandle?: () => Promise<FileSystemHandle | null> }

const left =
  /(^|\/)(\.git|\.cache|__pycache__|node_modules|\.ipynb_checkpoints)(\/|$)|(^|\/)(\.DS_Store|Thumbs\.db|\.gitattributes)$/

/** What an `<input webkitdirectory>` holds; its paths begin with the folder's name. */
export const fromInput = (list: Iterable<File>): PickedFolder => {
  const files = [...list]
  const name = files[0]?.webkitRelativePath.split('/')[0] ?? ''
  return folderOf(
    name,
    files.map((file) => ({ path: file.webkitRelativePath.split('/').slice(1).join('/') || file.name, file })),
  )
}

/** What was dropped: a folder, or some files. Keeps the handle, where the browser gives one. */
export const fromDrop = async (items: DataTransferItemList): Promise<PickedFolder> => {
  const all = [...(items as Iterable<WithHandle>)].filter(({ kind }) => kind === 'file')
  const asked = all.map(async (item) => {
    const handle = await item.getAsFileSystemHandle?.()
    return handle ?? item.getAsFile()
  })
  const dropped = (await Promise.all(asked)).filter((item) => item !== null && item !== undefined)
  const [only] = dropped
  if (dropped.length === 1 && only instanceof FileSystemDirectoryHandle) return fromHandle(only)
  const files = await Promise.all(
    dropped.map(async (item) => {
      if (item instanceof File) return [{ path: item.name, file: item }]
      if (item instanceof FileSystemDirectoryHandle) return walk(item, `${item.name}/`)
      const file = await (item as FileSystemFileHandle).getFile()
      return [{ path: file.name, file }]
    }),
  )
  return folderOf('', files.flat())
}

/** The files of a folder that the browser may read. */
export const fromHandle = async (handle: FileSystemDirectoryHandle): Promise<PickedFolder> => ({
  ...folderOf(handle.name, await walk(handle, '')),
  handle,
})

const walk = async (folder: FileSystemDirectoryHandle, prefix: string): Promise<Picked[]> => {
  const files: Picked[] = []
  for await (const entry of folder.values()) {
    const path = `${prefix}${entry.name}`
    if (left.test(path)) continue
    if (entry instanceof FileSystemDirectoryHandle) files.push(...(await walk(entry, `${path}/`)))
    else files.push({ path, file: await (entry as FileSystemFileHandle).getFile() })
  }
  return files
}

/** Leaves out what no repository wants, and asserts that the rest can be published. Throws `BadPath`. */
const folderOf = (name: string, all: Picked[]): PickedFolder => {
  const files = all
    .map(({ path, file }) => ({ path: path.normalize('NFC'), file }))
    .filter(({ path }) => !left.test(path))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
  for (const { path } of files) Path.assertSafe(path)
  Path.assertUnique(files.map(({ path }) => path))
  return { name, files }
}
