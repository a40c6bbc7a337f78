import { ago, bytes, usd } from '@/lib/format.ts'

/** Micro-USDC in dollars; the exact amount stands in the title. */
export const Money = ({ micro }: { micro: bigint | string | number }) => (
  <span className="num" title={`${BigInt(micro)} µUSDC`}>
    {usd(micro)}
  </span>
)

/** A size; the exact count stands in the title. */
export const Bytes = ({ size }: { size: number }) => (
  <span className="num" title={`${size} bytes`}>
    {bytes(size)}
  </span>
)

/** A time as seen from now; the exact one stands in the title. */
export const TimeAgo = ({ at }: { at: string | number | Date }) => {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return null
  return (
    <time dateTime={date.toISOString()} title={date.toISOString()} suppressHydrationWarning>
      {ago(date, new Date())}
    </time>
  )
}
