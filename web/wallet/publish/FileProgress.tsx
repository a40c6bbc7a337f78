import { Bytes } from '@/components/ui/Figures.tsx'
import type { Picked } from './Picked.ts'
import type { Phase } from './publish.ts'

/** Bytes done by path, in the present phase. */
export type Progress = Record<string, number>

const words: Record<Phase, string> = {
  hash: 'Hashing on this computer',
  upload: 'Sending to the hub',
  commit: 'Committing',
  sign: 'Bringing it on chain',
  done: 'Published',
}
const shownFiles = 200

/** How far each file is. */
export const FileProgress = ({ files, phase, progress }: { files: Picked[]; phase: Phase; progress: Progress }) => {
  const total = files.reduce((sum, { file }) => sum + file.size, 0)
  const moving = phase === 'hash' || phase === 'upload'
  const done = moving ? files.reduce((sum, { path }) => sum + (progress[path] ?? 0), 0) : total
  return (
    <div className="grid gap-2 text-sm">
      <p role="status" className="font-medium">
        {words[phase]}…
      </p>
      <progress
        className="h-2 w-full accent-[var(--accent)]"
        max={Math.max(1, total)}
        value={done}
        aria-label={words[phase]}
      />
      <p className="num text-ink-2">
        <Bytes size={done} /> of <Bytes size={total} />
      </p>
      {moving && (
        <ul className="max-h-64 overflow-y-auto" aria-label="Files">
          {files.slice(0, shownFiles).map(({ path, file }) => (
            <li key={path} className="flex justify-between gap-3 border-t border-line py-1">
              <span className="truncate font-mono text-xs">{path}</span>
              <span className="num shrink-0 text-xs text-ink-2">{percentOf(progress[path] ?? 0, file.size)}</span>
            </li>
          ))}
          {files.length > shownFiles && <li className="py-1 text-ink-3">and {files.length - shownFiles} more</li>}
        </ul>
      )}
    </div>
  )
}

const percentOf = (done: number, size: number): string =>
  size === 0 ? '100 %' : `${Math.min(100, Math.floor((100 * done) / size))} %`
