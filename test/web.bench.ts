import { gzipSync } from 'node:zlib'
import lighthouse from 'lighthouse'
import { chromium } from 'playwright-core'
import { choose } from '../src/cli/up/ports.ts'
import { chromiumPath, launchBrowser } from './browser.ts'
import { startNetwork } from './network.ts'

/** Scores are of 100; `jsKb` is the gzip size of all scripts that opening the page loads. */
export type Row = {
  page: string
  performance: number
  accessibility: number
  firstPaintMs: number
  blockedMs: number
  jsKb: number
}

const pages = ['/', '/models', '/dehug/dehug-tiny-chat', '/dehug/dehug-tiny-chat/run', '/datasets/dehug/demo-dataset']

/** How light the public pages are, as Lighthouse judges them on this machine with its simulated phone. */
export async function bench(): Promise<Row[]> {
  await using network = await startNetwork({ models: ['dehug-tiny-chat', 'demo-dataset'], web: true })
  const rows: Row[] = []
  for (const page of pages) {
    const url = `${network.web}${page}`
    await fetch(url).then((answer) => answer.arrayBuffer())
    rows.push({ page, ...(await judge(url)), jsKb: await scriptsOf(url) })
  }
  return rows
}

async function judge(url: string): Promise<Omit<Row, 'page' | 'jsKb'>> {
  const port = await choose(0, { flag: '' })
  const args = ['--no-sandbox', '--disable-background-networking', `--remote-debugging-port=${port}`]
  const browser = await chromium.launch({ executablePath: chromiumPath(), args })
  try {
    const result = await lighthouse(url, { port, onlyCategories: ['performance', 'accessibility'], logLevel: 'error' })
    const { categories, audits } = result?.lhr ?? {}
    const score = (name: string) => Math.round((categories?.[name]?.score ?? 0) * 100)
    const ms = (name: string) => Math.round(audits?.[name]?.numericValue ?? Number.NaN)
    return {
      performance: score('performance'),
      accessibility: score('accessibility'),
      firstPaintMs: ms('first-contentful-paint'),
      blockedMs: ms('total-blocking-time'),
    }
  } finally {
    await browser.close()
  }
}

async function scriptsOf(url: string): Promise<number> {
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage()
    const sizes: Promise<number>[] = []
    page.on('response', (answer) => {
      if (answer.request().resourceType() === 'script')
        sizes.push(
          answer.body().then(
            (body) => gzipSync(body).length,
            () => 0,
          ),
        )
    })
    await page.goto(url, { waitUntil: 'networkidle' })
    return Math.round((await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) / 1000)
  } finally {
    await browser.close()
  }
}
