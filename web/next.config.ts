import { join } from 'node:path'
import type { NextConfig } from 'next'

const root = join(import.meta.dirname, '..')

export default {
  // Builds are made in one folder and served from copies; see Builds.ts.
  distDir: process.env.DEHUG_WEB_BUILD ?? '.next/work',
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
