import { join } from 'node:path'
import type { NextConfig } from 'next'

const root = join(import.meta.dirname, '..')

export default {
  outputFileTracingRoot: root,
  turbopack: {
    root,
    resolveAlias: {
      'dehug/core': '../src/core/index.ts',
      'dehug/sdk/web': '../src/sdk/web.ts',
    },
  },
  poweredByHeader: false,
  compress: true,
  reactStrictMode: true,
} satisfies NextConfig
