import { expect, test } from 'vitest'
import { configFrom } from './config.ts'
import * as Format from './Format.ts'
import type { Io } from './Io.ts'
import * as Progress from './Progress.ts'

function fakeScreen(options: { isTty: boolean; json?: boolean }) {
  let text = ''
  let clock = 0
  const io: Io = {
    stdout: () => {},
    stderr: (more) => {
      text += more
    },
    lines: undefined,
    isTty: options.isTty,
    columns: 80,
    json: options.json ?? false,
    config: configFrom({}),
    signal: new AbortController().signal,
    now: () => clock,
  }
  const at = (ms: number) => {
    clock = ms
  }
  return { io, at, text: () => text }
}

test('behavior: on a screen one line is redrawn with bar, rate and time left', () => {
  const { io, at, text } = fakeScreen({ isTty: true })
  const bar = Progress.start(io, 'Uploading', 100_000_000)
  at(1000)
  bar.update(25_000_000)
  at(4000)
  bar.update(100_000_000)
  bar.finish()
  const lines = text().split('\r\u001b[K')
  expect(lines).toMatchInlineSnapshot(`
    [
      "",
      "Uploading ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   0%  0 B/100 MB  0 B/s",
      "Uploading ██████░░░░░░░░░░░░░░░░░░  25%  25.0 MB/100 MB  25.0 MB/s  ETA 3.0 s",
      "Uploading ██████████████████████████████ 100%  100 MB/100 MB  25.0 MB/s",
      "",
    ]
  `)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
})

test('behavior: in a log there are a few plain lines, and none for what is quick', () => {
  const { io, at, text } = fakeScreen({ isTty: false })
  const bar = Progress.start(io, 'Pulling', 10_000_000)
  for (let ms = 0; ms <= 12_000; ms += 500) {
    at(ms)
    bar.update(ms * 800)
  }
  bar.finish()
  expect(text()).toMatchInlineSnapshot(`
    "Pulling 4.0 MB of 10.0 MB, 800 KB/s
    Pulling 8.0 MB of 10.0 MB, 800 KB/s
    "
  `)
})

test('behavior: nothing is shown under --json', () => {
  const { io, text } = fakeScreen({ isTty: true, json: true })
  Progress.start(io, 'Pulling', 10).update(5)
  expect(text()).toBe('')
})

test('behavior: narrow screens lose the bar before the numbers', () => {
  const facts = { label: 'Pulling', doneBytes: 1, totalBytes: 3, elapsedMs: 10 }
  expect(Progress.line({ ...facts, columns: 40 })).toMatchInlineSnapshot(`"Pulling  33%  1 B/3 B  100 B/s  ETA 20 "`)
  expect(Progress.line({ ...facts, totalBytes: 0, columns: 80 })).toContain('100%')
})

test('behavior: numbers read well', () => {
  expect([0, 999, 1500, 123_456_789, 5e15].map(Format.bytes)).toMatchInlineSnapshot(`
    [
      "0 B",
      "999 B",
      "1.5 KB",
      "123 MB",
      "5.0 PB",
    ]
  `)
  expect([5, 1500, 61_000, 7_200_000].map(Format.duration)).toMatchInlineSnapshot(`
    [
      "5 ms",
      "1.5 s",
      "1 min 1 s",
      "2 h 0 min",
    ]
  `)
  expect([0n, 1n, 1_500_000n, -20_000_000n].map(Format.usdc)).toMatchInlineSnapshot(`
    [
      "0 USDC",
      "0.000001 USDC",
      "1.5 USDC",
      "-20 USDC",
    ]
  `)
  expect(
    Format.table([
      ['a', 'long', ''],
      ['longer', 'b', 'c'],
    ]),
  ).toMatchInlineSnapshot(`
    "a       long
    longer  b     c"
  `)
})
