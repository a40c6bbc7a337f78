import type { FileHandle } from 'node:fs/promises'

const stepBytes = 16 * 2 ** 20

/** Has a file that is being written carried to the disk meanwhile, so that little is left to wait for at its end. */
export type SyncAhead = {
  /** So many bytes more were written. */
  wrote(length: number): void
  /** Waits until nothing is under way. Throws what made the disk fail, which the system tells only once. */
  rest(): Promise<void>
}

export function of(file: FileHandle): SyncAhead {
  let waiting = 0
  let running: Promise<void> | undefined
  let failed: { error: unknown } | undefined
  const sync = async () => {
    try {
      await file.datasync()
    } catch (error) {
      failed ??= { error }
    }
    running = undefined
  }
  return {
    wrote(length) {
      waiting += length
      if (running || waiting < stepBytes) return
      waiting = 0
      running = sync()
    },
    async rest() {
      await running
      if (failed) throw failed.error
    },
  }
}
