const steps = ['B', 'KB', 'MB', 'GB', 'TB', 'PB']

/** `1536` → `1.5 KB` (decimal units, three significant digits at most). */
export function bytes(count: number): string {
  let value = count
  let step = 0
  while (value >= 1000 && step < steps.length - 1) {
    value /= 1000
    step += 1
  }
  return `${step === 0 ? value : value >= 100 ? Math.round(value) : value.toFixed(1)} ${steps[step]}`
}

/** `1234` ms → `1.2 s`; minutes and hours above. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `${minutes} min ${Math.round((ms % 60_000) / 1000)} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** `1234567n` µUSDC → `1.234567 USDC`, without needless zeros. */
export function usdc(microUsdc: bigint): string {
  const sign = microUsdc < 0n ? '-' : ''
  const digits = (microUsdc < 0n ? -microUsdc : microUsdc).toString().padStart(7, '0')
  const fraction = digits.slice(-6).replace(/0+$/, '')
  return `${sign}${digits.slice(0, -6)}${fraction ? `.${fraction}` : ''} USDC`
}

/** `0x1234…cdef` for people; machines read `--json`. */
export function short(hex: string): string {
  return hex.length <= 14 ? hex : `${hex.slice(0, 8)}…${hex.slice(-4)}`
}

/** Pads columns so that rows line up; the last column is left ragged. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  return rows
    .map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  '))
    .map((line) => line.trimEnd())
    .join('\n')
}
