import { existsSync } from 'node:fs'
import AxeBuilder from '@axe-core/playwright'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { type Hex, hexToString } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

const places = [process.env.DEHUG_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Path of a Chromium on this machine. Throws where there is none, and says how to get one. */
export function chromiumPath(): string {
  const found = places.find((path) => path !== undefined && existsSync(path))
  if (found) return found
  throw new Error(
    'No Chromium was found. Install it (Debian: apt-get install chromium), or set DEHUG_CHROMIUM to its path.',
  )
}

const quiet = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

/** A headless browser; each page of it reports what it must not do. */
export const launchBrowser = (): Promise<Browser> => chromium.launch({ executablePath: chromiumPath(), args: quiet })

export type Theme = 'light' | 'dark'

export type VisitOptions = {
  theme?: Theme
  viewport?: { width: number; height: number }
  /** A wallet that pages find by EIP-6963. */
  wallet?: { privateKey: Hex; rpcUrl: string; chainId?: number }
  /** Texts of the console's errors that are wanted, such as a refused request. */
  expected?: RegExp
}

/** A visitor: one page in a browser profile of its own. */
export type Visit = AsyncDisposable & {
  page: Page
  context: BrowserContext
  /** What went wrong so far: requests beyond this machine, page errors, errors on the console (CSP violations are some). */
  faults: string[]
  /** Throws when anything went wrong. */
  assertClean(): void
}

/** Opens a page that notes every fault. */
export async function visit(browser: Browser, options: VisitOptions = {}): Promise<Visit> {
  const context = await browser.newContext({
    colorScheme: options.theme ?? 'light',
    locale: 'en-US',
    viewport: options.viewport ?? { width: 1280, height: 900 },
  })
  const faults: string[] = []
  await context.route('**/*', (route) => {
    const { hostname, protocol } = new URL(route.request().url())
    if (hostname === '127.0.0.1' || !protocol.startsWith('http')) return route.continue()
    faults.push(`request to ${hostname}: ${route.request().url()}`)
    return route.abort()
  })
  if (options.wallet) await injectWallet(context, options.wallet)
  const page = await context.newPage()
  page.on('pageerror', (error) => faults.push(`page error: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && !options.expected?.test(message.text())) faults.push(`console: ${message.text()}`)
  })
  return {
    page,
    context,
    faults,
    assertClean: () => {
      if (faults.length > 0) throw new Error(`The page misbehaved:\n${faults.join('\n')}`)
    },
    [Symbol.asyncDispose]: () => context.close(),
  }
}

/** Resolves when the page's script has taken over what the server sent; before that, clicks on buttons are lost. */
export const takenOver = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => Object.keys(document).some((key) => key.startsWith('__reactContainer')))

const patience = { timeout: 60_000 }

/** Signs in with a key that the browser makes, and gives the new account this name. */
export async function signInWithNewKey(page: Page, name: string): Promise<void> {
  await openSignIn(page)
  await page.getByLabel(/Name of a new account/).fill(name, patience)
  await page.getByRole('button', { name: 'Make a key and sign in' }).click()
  await signedInAs(page, name)
}

/** Signs in with the wallet that {@link visit} was given, as the account that has its address. */
export async function signInWithWallet(page: Page, name: string): Promise<void> {
  await openSignIn(page)
  await page.getByRole('dialog').getByRole('button', { name: 'Test Wallet' }).click(patience)
  await signedInAs(page, name)
}

const openSignIn = async (page: Page) => {
  await takenOver(page)
  await page.getByRole('link', { name: 'Sign in', exact: true }).first().click(patience)
}

const signedInAs = (page: Page, name: string) =>
  page.getByRole('button', { name: `${name} , your account` }).waitFor(patience)

/** Violations that axe finds on the page in each theme, one line each; none is what is wanted. */
export async function axeViolations(page: Page, themes: Theme[] = ['light', 'dark']): Promise<string[]> {
  const lines: string[] = []
  // A colour on its way to another is neither theme's.
  await page.emulateMedia({ reducedMotion: 'reduce' })
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme })
    const { violations } = await new AxeBuilder({ page }).analyze()
    for (const { id, nodes } of violations)
      for (const { target, failureSummary } of nodes)
        lines.push(`${theme} ${id} ${target.join(' ')}: ${failureSummary?.replace(/\s+/g, ' ')}`)
  }
  return lines
}

/** Announces a wallet by EIP-6963 whose key lives in the test; it gives no account away before it was connected. */
async function injectWallet(
  context: BrowserContext,
  { privateKey, rpcUrl, chainId = 31337 }: NonNullable<VisitOptions['wallet']>,
): Promise<void> {
  const account = privateKeyToAccount(privateKey)
  let connected = false
  const answer = async (method: string, params: unknown[]): Promise<unknown> => {
    if (method === 'eth_requestAccounts') connected = true
    if (method === 'eth_requestAccounts' || method === 'eth_accounts') return connected ? [account.address] : []
    if (method === 'eth_chainId') return `0x${chainId.toString(16)}`
    if (method === 'wallet_switchEthereumChain' || method === 'wallet_addEthereumChain') return null
    if (method === 'wallet_revokePermissions') {
      connected = false
      return null
    }
    if (method === 'personal_sign') return account.signMessage({ message: hexToString(params[0] as Hex) })
    if (method === 'eth_signTypedData_v4') return account.signTypedData(JSON.parse(params[1] as string))
    return rpc(rpcUrl, method, params)
  }
  await context.exposeFunction('dehugTestWallet', (method: string, params: unknown[]) => answer(method, params))
  await context.addInitScript(announce)
}

async function rpc(url: string, method: string, params: unknown[]): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } }
  if (error) throw new Error(error.message)
  return result
}

/** Runs in the page, before its own scripts. */
function announce(): void {
  type Asked = { method: string; params?: unknown[] }
  const listeners = new Map<string, Set<(value: unknown) => void>>()
  const ask = (globalThis as unknown as { dehugTestWallet: (method: string, params: unknown[]) => Promise<unknown> })
    .dehugTestWallet
  const provider = {
    request: async ({ method, params = [] }: Asked) => {
      const result = await ask(method, params)
      if (method === 'eth_requestAccounts') for (const tell of listeners.get('accountsChanged') ?? []) tell(result)
      return result
    },
    on: (event: string, listener: (value: unknown) => void) => {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener))
    },
    removeListener: (event: string, listener: (value: unknown) => void) => listeners.get(event)?.delete(listener),
  }
  const info = {
    uuid: '350670db-19fa-4704-a166-e52e178b59d2',
    name: 'Test Wallet',
    rdns: 'test.wallet',
    icon: 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>',
  }
  const detail = Object.freeze({ info, provider })
  const tell = () => window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }))
  window.addEventListener('eip6963:requestProvider', tell)
  tell()
}
