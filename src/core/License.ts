import spdxIds from 'spdx-license-ids/index.json' with { type: 'json' }
import { z } from 'zod'
import { BadInput } from './errors.ts'

/** What a license lets people do, where it is known in machine-readable form. */
export const terms = z.strictObject({
  commercial: z.boolean(),
  derivatives: z.boolean(),
  attribution: z.boolean(),
  shareAlike: z.boolean(),
})
export type Terms = z.infer<typeof terms>

export const schema = z.strictObject({
  /** SPDX id, a Hugging Face license id, or `other`. */
  id: z.string().min(1).max(64),
  /** SHA-256 of the license text; required for `other`. */
  textSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  terms: terms.optional(),
})
export type License = z.infer<typeof schema>

/** Ids of model licenses that SPDX does not list and that people publish under. */
const modelLicenses = [
  'openrail',
  'openrail++',
  'creativeml-openrail-m',
  'bigscience-openrail-m',
  'bigscience-bloom-rail-1.0',
  'bigcode-openrail-m',
  'llama2',
  'llama3',
  'llama3.1',
  'llama3.2',
  'llama3.3',
  'llama4',
  'gemma',
  'deepfloyd-if-license',
  'apple-amlr',
  'intel-research',
  'fair-noncommercial-research-license',
  'unknown',
  'other',
] as const

const byLowerCase = new Map<string, string>([
  ...(spdxIds as string[]).map((id) => [id.toLowerCase(), id] as const),
  ...modelLicenses.map((id) => [id, id] as const),
])

const families: [RegExp, Terms][] = [
  [
    /^(CC0-1\.0|Unlicense|PDDL-1\.0|0BSD|WTFPL)$/,
    { commercial: true, derivatives: true, attribution: false, shareAlike: false },
  ],
  [
    /^(Apache-2\.0|MIT|BSD-.*|ISC|CC-BY-[0-9.]+|ODC-By-1\.0|AFL-3\.0|ECL-2\.0|BSL-1\.0|Zlib|PostgreSQL|NCSA)$/,
    { commercial: true, derivatives: true, attribution: true, shareAlike: false },
  ],
  [
    /^(CC-BY-SA-.*|ODbL-1\.0|A?GPL-.*|LGPL-.*|MPL-2\.0|EUPL-.*|OSL-3\.0)$/,
    { commercial: true, derivatives: true, attribution: true, shareAlike: true },
  ],
  [/^CC-BY-NC-[0-9.]+$/, { commercial: false, derivatives: true, attribution: true, shareAlike: false }],
  [/^CC-BY-NC-SA-.*$/, { commercial: false, derivatives: true, attribution: true, shareAlike: true }],
  [/^CC-BY-NC-ND-.*$/, { commercial: false, derivatives: false, attribution: true, shareAlike: false }],
  [/^CC-BY-ND-.*$/, { commercial: true, derivatives: false, attribution: true, shareAlike: false }],
]

/**
 * The license of a card's `license` field, in any letter case, with the terms of its family where they are known.
 * Throws `BadInput` on an unknown id, and on `other` without the hash of its text.
 */
export function from(id: string, options: { textSha256?: string | undefined } = {}): License {
  const known = byLowerCase.get(id.trim().toLowerCase())
  if (known === undefined) {
    throw new BadInput(`"${id}" is not a known license.`, {
      code: 'unknown_license',
      hint: 'Use an SPDX id such as "Apache-2.0", or "other" together with a LICENSE file.',
    })
  }
  if (known === 'other' && options.textSha256 === undefined) {
    throw new BadInput('The license "other" needs its text.', {
      code: 'license_text_missing',
      hint: 'Add a LICENSE file to the repository.',
    })
  }
  const family = families.find(([pattern]) => pattern.test(known))
  return {
    id: known,
    ...(options.textSha256 === undefined ? {} : { textSha256: options.textSha256 }),
    ...(family === undefined ? {} : { terms: family[1] }),
  }
}
