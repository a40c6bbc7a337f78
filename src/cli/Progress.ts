import * as Format from './Format.ts'
import type { Io } from './Io.ts'

/** Shows how far a transfer is: a bar with rate and ETA on a screen, a few plain lines in a log. */
export type Progress = {
  /** Total bytes done so far (not the difference). `totalBytes` may grow while work is found. */
  update: (doneBytes: number, totalBytes?: number) => void
  /** Ends the bar; `text` replaces it. */
  finish: (text?: string) => void
}

const redrawMs = 100
const plainLineMs = 5000

/** Starts a progress display for `label`. Silent under `--json`. */
export function start(io: Io, label: string, totalBytes: number): Progress {
  if (io.json) return { update: () => {}, finish: () => {} }
  return io.isTty ? bar(io, label, totalBytes) : plain(io, label, totalBytes)
}

/** One line: label, bar, percent, bytes, rate, time left. Never wider than `columns`. */
export function line(options: {
  label: string
  doneBytes: number
  totalBytes: number
  elapsedMs: number
  columns: number
}): string {
  const { label, doneBytes, totalBytes, elapsedMs, columns } = options
  const part = totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes)
  const rate = elapsedMs > 0 ? (doneBytes * 1000) / elapsedMs : 0
  const left = rate > 0 && part < 1 ? `ETA ${Format.duration(((totalBytes - doneBytes) / rate) * 1000)}` : ''
  const numbers = [
    `${Math.floor(part * 100)}%`.padStart(4),
    `${Format.bytes(doneBytes)}/${Format.bytes(totalBytes)}`,
    `${Format.bytes(Math.round(rate))}/s`,
    left,
  ]
  const tail = numbers.filter(Boolean).join('  ')
  const room = Math.min(30, columns - label.length - tail.length - 5)
  if (room < 5) return `${label} ${tail}`.slice(0, columns - 1)
  const full = Math.round(part * room)
  return `${label} ${'█'.repeat(full)}${'░'.repeat(room - full)} ${tail}`
}

function bar(io: Io, label: string, initialTotalBytes: number): Progress {
  const startedAt = io.now()
  let totalBytes = initialTotalBytes
  let drawnAt = Number.NEGATIVE_INFINITY
  const update = (doneBytes: number, total = totalBytes) => {
    totalBytes = total
    const now = io.now()
    if (now - drawnAt < redrawMs && doneBytes < totalBytes) return
    drawnAt = now
    io.stderr(`\r\u001b[K${line({ label, doneBytes, totalBytes, elapsedMs: now - startedAt, columns: io.columns })}`)
  }
  update(0)
  return { update, finish: (text) => io.stderr(`\r\u001b[K${text === undefined ? '' : `${text}\n`}`) }
}

function plain(io: Io, label: string, initialTotalBytes: number): Progress {
  const startedAt = io.now()
  let totalBytes = initialTotalBytes
  let writtenAt = startedAt
  const update = (doneBytes: number, total = totalBytes) => {
    totalBytes = total
    const now = io.now()
    if (now - writtenAt < plainLineMs) return
    writtenAt = now
    const rate = (doneBytes * 1000) / (now - startedAt)
    io.stderr(
      `${label} ${Format.bytes(doneBytes)} of ${Format.bytes(totalBytes)}, ${Format.bytes(Math.round(rate))}/s\n`,
    )
  }
  return { update, finish: (text) => text !== undefined && io.stderr(`${text}\n`) }
}
