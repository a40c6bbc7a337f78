import { Receipt } from '../core/index.ts'
import * as NativeSigner from './NativeSigner.ts'
import { channelFacts, domainSeparator, ending, hex32, newJob, openBook, provider, testDatabase } from './testing.ts'

const receipt = (i: number): Receipt.Receipt => ({
  channelId: hex32(1),
  seq: BigInt(i),
  jobId: hex32(i + 2),
  context: hex32(3),
  status: 0,
  unitsIn: 812n,
  unitsOut: 256n,
  unitsMs: 1_834n,
  fee: 1_234n,
  spent: BigInt(i) * 1_234n,
  answerHash: hex32(4),
  versionRoot: hex32(5),
  engine: hex32(6),
  startedAt: 1_800_000_000_000n,
  finishedAt: 1_800_000_001_834n,
})

/** Times `work` by CPU seconds of this process. */
const perCpuSecond = async (count: number, work: (i: number) => unknown): Promise<number> => {
  for (let i = 0; i < count / 10; i += 1) await work(i)
  const before = process.cpuUsage()
  for (let i = 0; i < count; i += 1) work(i)
  const { user, system } = process.cpuUsage(before)
  return Math.round(count / ((user + system) / 1e6))
}

/** Receipts signed and checked, and jobs booked durably (reserve and settle) with a real Postgres. */
export async function bench() {
  const receipts = Array.from({ length: 20_000 }, (_, i) => receipt(i))
  const digest = (i: number) => Receipt.digest(domainSeparator, receipts[i % receipts.length] as Receipt.Receipt)
  const sign = (i: number) => provider.sign(digest(i))
  const signature = sign(0)
  const checked = () => NativeSigner.recover(digest(0), signature)
  const rows = [
    { what: 'receipts digested and signed per CPU-second', value: await perCpuSecond(20_000, sign), goal: '≥ 10000' },
    { what: 'receipts digested and checked per CPU-second', value: await perCpuSecond(20_000, checked), goal: '' },
  ]
  return [...rows, ...(await benchBook())]
}

async function benchBook() {
  const database = await testDatabase()
  try {
    await using ledger = await openBook(database.pool)
    await ledger.observe(channelFacts(hex32(8), { locked: 10n ** 12n }))
    const jobs = Array.from({ length: 4_200 }, (_, i) => newJob(hex32(8), BigInt(i + 1), BigInt(i + 1) * 100n))
    const book = async (i: number) => {
      const { job } = await ledger.reserve(jobs[i] as (typeof jobs)[number])
      await ledger.settle(job, ending(90n))
    }
    for (let i = 0; i < 100; i += 1) await book(i)
    const alone: number[] = []
    for (let i = 100; i < 200; i += 1) {
      const startedAt = performance.now()
      await book(i)
      alone.push(performance.now() - startedAt)
    }
    const before = process.cpuUsage()
    const startedAt = performance.now()
    let next = 200
    const client = async () => {
      while (next < jobs.length) await book(next++)
    }
    await Promise.all(Array.from({ length: 64 }, client))
    const seconds = (performance.now() - startedAt) / 1000
    const { user, system } = process.cpuUsage(before)
    const done = jobs.length - 200
    const p50 = alone.sort((a, b) => a - b)[50] as number
    return [
      { what: 'one job alone, reserve and settle durable, p50 ms', value: Number(p50.toFixed(2)), goal: '≤ 3' },
      { what: 'jobs booked per second, 64 at once', value: Math.round(done / seconds), goal: '' },
      { what: 'Node CPU per booked job, µs', value: Math.round((user + system) / done), goal: '≤ 500' },
    ]
  } finally {
    await database.stop()
  }
}
