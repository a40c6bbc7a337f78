type Earning = {
  repo: string
  jobs: string
  claimed: string
  creatorTotal: string
  holderTotal: string
  royaltyTotal: string
}
type Payout = { kind: string; amount: string; to: string; at: string; txHash: string }

/** A cell that no spreadsheet takes for a formula. */
const cell = (value: string): string => {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const dollars = (micro: string): string => {
  const digits = micro.padStart(7, '0')
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`
}

/** Earnings by model, then each payout, in US dollars. */
export const csvOf = (models: Earning[], paid: Payout[]): string => {
  const rows = [
    [
      'kind',
      'model',
      'time',
      'jobs',
      'fees_usd',
      'creators_usd',
      'holder_usd',
      'royalties_usd',
      'paid_usd',
      'to',
      'transaction',
    ],
    ...models.map(({ repo, jobs, claimed, creatorTotal, holderTotal, royaltyTotal }) => [
      ...[
        'total',
        repo,
        '',
        jobs,
        dollars(claimed),
        dollars(creatorTotal),
        dollars(holderTotal),
        dollars(royaltyTotal),
      ],
      ...['', '', ''],
    ]),
    ...paid.map(({ kind, amount, to, at, txHash }) => [
      ...[`payout ${kind}`, '', new Date(Number(at) * 1000).toISOString(), '', '', '', '', ''],
      ...[dollars(amount), to, txHash],
    ]),
  ]
  return `${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`
}

/** Gives the person a file. */
export const download = (name: string, text: string): void => {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
