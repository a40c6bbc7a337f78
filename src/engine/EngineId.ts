import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Hex, Json } from '../core/index.ts'

/** What computes: answers are compared only between engines with one id. */
export type EngineFacts = { name: string; version: string; ort: string; dtype: string; device: string }

/** keccak256 of the canonical JSON of the facts; receipts carry it as `engine`. */
export const engineId = (facts: EngineFacts): Hex => Json.hash(facts)

/** The facts of the transformers.js that is installed here. */
export function transformersFacts(dtype: string): EngineFacts {
  const entry = fileURLToPath(import.meta.resolve('@huggingface/transformers'))
  const ort = createRequire(entry).resolve('onnxruntime-node/package.json')
  return {
    name: 'transformers.js',
    version: versionIn(path.join(packageDirOf(entry, '@huggingface/transformers'), 'package.json')),
    ort: versionIn(ort),
    dtype,
    device: 'cpu',
  }
}

/** The folder of an installed package, from a path of one of its files. */
export function packageDirOf(file: string, name: string): string {
  const marker = path.join('node_modules', name)
  return file.slice(0, file.lastIndexOf(marker) + marker.length)
}

const versionIn = (packageJson: string): string => JSON.parse(readFileSync(packageJson, 'utf8')).version
