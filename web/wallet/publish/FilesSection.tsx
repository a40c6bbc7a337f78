'use client'
import { clsx } from 'clsx'
import { FolderUp } from 'lucide-react'
import { useRef, useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { bytes, counted } from '@/lib/format.ts'
import { Problem } from '../Problem.tsx'
import { fromDrop, fromHandle, fromInput, type PickedFolder } from './Picked.ts'

type Props = {
  folder: PickedFolder | undefined
  /** What was being published when the page was left. */
  waiting: { name: string; handle?: FileSystemDirectoryHandle | undefined } | undefined
  disabled: boolean
  onFolder: (folder: PickedFolder) => void
}

/** Choosing or dropping the folder. */
export const FilesSection = ({ folder, waiting, disabled, onFolder }: Props) => {
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const take = async (wanted: Promise<PickedFolder> | PickedFolder) => {
    setProblem(undefined)
    try {
      const picked = await wanted
      if (picked.files.length === 0) throw new Error('There is no file in this folder that could be published.')
      onFolder(picked)
    } catch (error) {
      setProblem(error)
    }
  }
  const handle = waiting?.handle
  return (
    <div className="grid gap-3">
      {waiting && !folder && (
        <div role="status" className="flex flex-wrap items-center gap-2 rounded-md bg-info-soft px-3 py-2 text-sm">
          <p className="flex-1">
            {handle
              ? `You were working on “${waiting.name}”.`
              : `You were working on “${waiting.name}”. Choose the folder again: what was hashed and sent is not done twice.`}
          </p>
          {handle && <Button onClick={() => take(again(handle))}>Go on</Button>}
        </div>
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut for the button inside */}
      <div
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          return disabled ? undefined : take(fromDrop(event.dataTransfer.items))
        }}
        className={clsx(
          'grid justify-items-center gap-2 rounded-lg border border-dashed px-4 py-8 text-center',
          over ? 'border-accent bg-accent-soft' : 'border-line-strong',
        )}
      >
        <FolderUp className="size-6 text-ink-3" aria-hidden />
        <p className="text-sm text-ink-2">Drop a folder here, up to 5 GB a file. It is read on this computer.</p>
        <Button variant={folder ? 'secondary' : 'primary'} disabled={disabled} onClick={() => input.current?.click()}>
          {folder ? 'Choose another folder' : 'Choose a folder'}
        </Button>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          aria-label="Folder to publish"
          onChange={(event) => {
            const { files } = event.target
            return files && files.length > 0 ? take(fromInput(files)) : undefined
          }}
          {...{ webkitdirectory: '' }}
        />
      </div>
      {folder && (
        <p className="text-sm text-ink-2" role="status">
          {folder.name && <strong className="text-ink">{folder.name}: </strong>}
          {counted(folder.files.length, 'file')}, {bytes(folder.files.reduce((sum, { file }) => sum + file.size, 0))}
        </p>
      )}
      {problem !== undefined && <Problem error={problem} />}
    </div>
  )
}

type Asking = FileSystemDirectoryHandle & {
  requestPermission?: (options: { mode: 'read' }) => Promise<PermissionState>
}

const again = async (handle: Asking): Promise<PickedFolder> => {
  const answer = await handle.requestPermission?.({ mode: 'read' })
  if (answer !== undefined && answer !== 'granted') throw new Error('The browser may not read the folder.')
  return fromHandle(handle)
}
