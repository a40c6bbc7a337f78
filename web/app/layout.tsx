import { clsx } from 'clsx'
import { GeistMono } from 'geist/font/mono'
import { GeistSans } from 'geist/font/sans'
import type { Metadata, Viewport } from 'next'
import { cookies } from 'next/headers'
import type { ReactNode } from 'react'
import { Footer } from '@/components/shell/Footer.tsx'
import { Header } from '@/components/shell/Header.tsx'
import { BottomBar } from '@/components/shell/NavLinks.tsx'
import { SoftLinks } from '@/components/shell/SoftLinks.tsx'
import './globals.css'

export const metadata: Metadata = {
  title: { default: 'DeHug', template: '%s · DeHug' },
  description: 'AI models and datasets whose bytes, owner, price, usage and payouts anyone can check.',
}

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#faf9f7' },
    { media: '(prefers-color-scheme: dark)', color: '#121311' },
  ],
}

const RootLayout = async ({ children }: { children: ReactNode }) => {
  const theme = (await cookies()).get('theme')?.value
  const chosen = theme === 'light' || theme === 'dark' ? theme : undefined
  return (
    <html
      lang="en"
      data-theme={chosen}
      className={clsx(GeistSans.variable, GeistMono.variable)}
      suppressHydrationWarning
    >
      <body className="flex flex-col antialiased">
        <a
          href="#main"
          className="sr-only focus:not-sr-only focus:fixed focus:left-3 focus:top-3 focus:z-50 focus:rounded-md focus:bg-accent focus:px-3 focus:py-2 focus:text-on-accent"
        >
          Skip to content
        </a>
        <Header />
        <main id="main" tabIndex={-1} className="flex-1 outline-none">
          {children}
        </main>
        <Footer />
        <BottomBar />
        <SoftLinks />
      </body>
    </html>
  )
}

export default RootLayout
