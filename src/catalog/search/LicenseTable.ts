/** How a license binds what is made from the thing it covers. */
export type Kind =
  | 'public-domain'
  | 'permissive'
  | 'weak-copyleft'
  | 'copyleft'
  | 'share-alike'
  | 'noncommercial'
  | 'no-derivatives'
  | 'use-restricted'

export type Entry = {
  id: string
  name: string
  kind: Kind
  /** Where the license says so. */
  url: string
  /** Licenses under which a derivative may be published, besides this one; `any` and `noncommercial` are sets. */
  children: readonly string[]
  /** What a derivative has to keep. */
  keep: readonly string[]
}

const spdx = (id: string): string => `https://spdx.org/licenses/${id}.html`
const cc = (path: string): string => `https://creativecommons.org/${path}/legalcode`
const notice = 'Keep the copyright notice and the license text.'
const attribution = 'Name the creator, link the license and say what was changed.'

const entry = (id: string, name: string, kind: Kind, rest: Partial<Entry> = {}): Entry => ({
  ...{ id, name, kind, url: spdx(id), children: [], keep: [] },
  ...rest,
})

const free = (id: string, name: string, url = spdx(id)): Entry =>
  entry(id, name, 'public-domain', { url, children: ['any'] })
const permissive = (id: string, name: string, rest: Partial<Entry> = {}): Entry =>
  entry(id, name, 'permissive', { children: ['any'], keep: [notice], ...rest })

/** The terms of Llama oblige derivatives to carry the same agreement. */
const llama = (id: string, name: string, url: string, prefix: string): Entry =>
  entry(id, name, 'use-restricted', {
    url,
    keep: [
      'Ship the license agreement and its notice file, and follow the acceptable use policy.',
      `Show "Built with ${prefix}", and begin the name of a published model with "${prefix}".`,
      'Who has more than 700 million monthly users asks Meta for a license.',
    ],
  })

const rail = (id: string, name: string, url: string): Entry =>
  entry(id, name, 'use-restricted', {
    url,
    keep: ['Pass the use-based restrictions on, as terms that bind whoever receives the model.', notice],
  })

const gpl3 = ['GPL-3.0-only', 'GPL-3.0-or-later', 'AGPL-3.0-only', 'AGPL-3.0-or-later']
const agpl3 = ['AGPL-3.0-only', 'AGPL-3.0-or-later']
const gpl2 = ['GPL-2.0-only', 'GPL-2.0-or-later']
const source = ['Give the source of what was changed under the same terms.', notice]

/** The licenses models and data sets come under, with what each says of derivatives. */
export const entries: readonly Entry[] = [
  free('CC0-1.0', 'Creative Commons Zero 1.0', cc('publicdomain/zero/1.0')),
  free('Unlicense', 'The Unlicense'),
  free('PDDL-1.0', 'Open Data Commons Public Domain Dedication 1.0'),
  free('0BSD', 'BSD Zero Clause License'),
  free('WTFPL', 'Do What The F*ck You Want To Public License'),
  permissive('MIT', 'MIT License'),
  permissive('ISC', 'ISC License'),
  permissive('BSD-2-Clause', 'BSD 2-Clause License'),
  permissive('BSD-3-Clause', 'BSD 3-Clause License'),
  permissive('BSD-3-Clause-Clear', 'BSD 3-Clause Clear License'),
  permissive('Zlib', 'zlib License'),
  permissive('NCSA', 'University of Illinois/NCSA License'),
  permissive('AFL-3.0', 'Academic Free License 3.0'),
  permissive('ECL-2.0', 'Educational Community License 2.0'),
  permissive('BSL-1.0', 'Boost Software License 1.0'),
  permissive('Apache-2.0', 'Apache License 2.0', {
    url: 'https://www.apache.org/licenses/LICENSE-2.0',
    keep: [notice, 'Keep the NOTICE file and say what was changed.'],
  }),
  permissive('CC-BY-2.0', 'Creative Commons Attribution 2.0', { url: cc('licenses/by/2.0'), keep: [attribution] }),
  permissive('CC-BY-3.0', 'Creative Commons Attribution 3.0', { url: cc('licenses/by/3.0'), keep: [attribution] }),
  permissive('CC-BY-4.0', 'Creative Commons Attribution 4.0', { url: cc('licenses/by/4.0'), keep: [attribution] }),
  permissive('ODC-By-1.0', 'Open Data Commons Attribution 1.0', { keep: [attribution] }),
  permissive('CDLA-Permissive-2.0', 'Community Data License Agreement Permissive 2.0'),
  entry('MPL-2.0', 'Mozilla Public License 2.0', 'weak-copyleft', {
    url: 'https://www.mozilla.org/MPL/2.0/',
    children: [...gpl2, ...gpl3, 'LGPL-2.1-or-later', 'LGPL-3.0-only', 'LGPL-3.0-or-later'],
    keep: source,
  }),
  entry('LGPL-2.1-only', 'GNU Lesser GPL 2.1', 'weak-copyleft', { children: [...gpl2, ...gpl3], keep: source }),
  entry('LGPL-3.0-only', 'GNU Lesser GPL 3.0', 'weak-copyleft', {
    children: ['LGPL-3.0-or-later', ...gpl3],
    keep: source,
  }),
  entry('LGPL-3.0-or-later', 'GNU Lesser GPL 3.0 or later', 'weak-copyleft', {
    children: ['LGPL-3.0-only', ...gpl3],
    keep: source,
  }),
  entry('EPL-2.0', 'Eclipse Public License 2.0', 'weak-copyleft', { keep: source }),
  entry('CDLA-Sharing-1.0', 'Community Data License Agreement Sharing 1.0', 'weak-copyleft', { keep: [notice] }),
  entry('ODbL-1.0', 'Open Database License 1.0', 'share-alike', { keep: [attribution] }),
  entry('GPL-2.0-only', 'GNU GPL 2.0', 'copyleft', { keep: source }),
  entry('GPL-2.0-or-later', 'GNU GPL 2.0 or later', 'copyleft', {
    children: ['GPL-2.0-only', ...gpl3],
    keep: source,
  }),
  entry('GPL-3.0-only', 'GNU GPL 3.0', 'copyleft', {
    url: 'https://www.gnu.org/licenses/gpl-3.0.html',
    children: ['GPL-3.0-or-later', ...agpl3],
    keep: source,
  }),
  entry('GPL-3.0-or-later', 'GNU GPL 3.0 or later', 'copyleft', {
    url: 'https://www.gnu.org/licenses/gpl-3.0.html',
    children: ['GPL-3.0-only', ...agpl3],
    keep: source,
  }),
  entry('AGPL-3.0-only', 'GNU Affero GPL 3.0', 'copyleft', {
    url: 'https://www.gnu.org/licenses/agpl-3.0.html',
    children: ['AGPL-3.0-or-later'],
    keep: [...source, 'Offer the source to everybody who uses it over a network.'],
  }),
  entry('AGPL-3.0-or-later', 'GNU Affero GPL 3.0 or later', 'copyleft', {
    url: 'https://www.gnu.org/licenses/agpl-3.0.html',
    children: ['AGPL-3.0-only'],
    keep: [...source, 'Offer the source to everybody who uses it over a network.'],
  }),
  entry('EUPL-1.2', 'European Union Public License 1.2', 'copyleft', {
    children: [...gpl2, ...gpl3, 'LGPL-2.1-only', 'LGPL-3.0-only', 'MPL-2.0', 'EPL-2.0', 'CC-BY-SA-3.0'],
    keep: source,
  }),
  entry('OSL-3.0', 'Open Software License 3.0', 'copyleft', { keep: source }),
  entry('CC-BY-SA-3.0', 'Creative Commons Attribution-ShareAlike 3.0', 'share-alike', {
    url: cc('licenses/by-sa/3.0'),
    children: ['CC-BY-SA-4.0'],
    keep: [attribution],
  }),
  entry('CC-BY-SA-4.0', 'Creative Commons Attribution-ShareAlike 4.0', 'share-alike', {
    url: cc('licenses/by-sa/4.0'),
    children: ['GPL-3.0-only', 'GPL-3.0-or-later'],
    keep: [attribution],
  }),
  entry('CC-BY-NC-4.0', 'Creative Commons Attribution-NonCommercial 4.0', 'noncommercial', {
    url: cc('licenses/by-nc/4.0'),
    children: ['noncommercial'],
    keep: [attribution, 'No commercial use.'],
  }),
  entry('CC-BY-NC-3.0', 'Creative Commons Attribution-NonCommercial 3.0', 'noncommercial', {
    url: cc('licenses/by-nc/3.0'),
    children: ['noncommercial'],
    keep: [attribution, 'No commercial use.'],
  }),
  entry('CC-BY-NC-SA-4.0', 'Creative Commons Attribution-NonCommercial-ShareAlike 4.0', 'noncommercial', {
    url: cc('licenses/by-nc-sa/4.0'),
    keep: [attribution, 'No commercial use.'],
  }),
  entry('CC-BY-NC-SA-3.0', 'Creative Commons Attribution-NonCommercial-ShareAlike 3.0', 'noncommercial', {
    url: cc('licenses/by-nc-sa/3.0'),
    children: ['CC-BY-NC-SA-4.0'],
    keep: [attribution, 'No commercial use.'],
  }),
  entry('CC-BY-ND-4.0', 'Creative Commons Attribution-NoDerivatives 4.0', 'no-derivatives', {
    url: cc('licenses/by-nd/4.0'),
  }),
  entry('CC-BY-NC-ND-4.0', 'Creative Commons Attribution-NonCommercial-NoDerivatives 4.0', 'no-derivatives', {
    url: cc('licenses/by-nc-nd/4.0'),
  }),
  rail('openrail', 'OpenRAIL', 'https://www.licenses.ai/ai-licenses'),
  rail('openrail++', 'CreativeML Open RAIL++-M', 'https://www.licenses.ai/ai-licenses'),
  rail('creativeml-openrail-m', 'CreativeML Open RAIL-M', 'https://www.licenses.ai/ai-licenses'),
  rail('bigscience-openrail-m', 'BigScience Open RAIL-M', 'https://www.licenses.ai/ai-licenses'),
  rail(
    'bigscience-bloom-rail-1.0',
    'BigScience RAIL 1.0',
    'https://bigscience.huggingface.co/blog/the-bigscience-rail-license',
  ),
  rail('bigcode-openrail-m', 'BigCode Open RAIL-M', 'https://www.bigcode-project.org/docs/pages/bigcode-openrail/'),
  llama('llama2', 'Llama 2 Community License', 'https://ai.meta.com/llama/license/', 'Llama 2'),
  llama('llama3', 'Llama 3 Community License', 'https://www.llama.com/llama3/license/', 'Llama 3'),
  llama('llama3.1', 'Llama 3.1 Community License', 'https://www.llama.com/llama3_1/license/', 'Llama'),
  llama('llama3.2', 'Llama 3.2 Community License', 'https://www.llama.com/llama3_2/license/', 'Llama'),
  llama('llama3.3', 'Llama 3.3 Community License', 'https://www.llama.com/llama3_3/license/', 'Llama'),
  llama('llama4', 'Llama 4 Community License', 'https://www.llama.com/llama4/license/', 'Llama'),
  entry('gemma', 'Gemma Terms of Use', 'use-restricted', {
    url: 'https://ai.google.dev/gemma/terms',
    keep: ['Pass the use restrictions of the Gemma terms on, with a copy of them, and say what was changed.'],
  }),
]

/** Ids that Hugging Face and SPDX used before. */
const aliases: Record<string, string> = {
  ...{ 'gpl-3.0': 'GPL-3.0-only', 'gpl-3.0+': 'GPL-3.0-or-later', 'gpl-2.0': 'GPL-2.0-only' },
  ...{ 'gpl-2.0+': 'GPL-2.0-or-later', 'agpl-3.0': 'AGPL-3.0-only', 'lgpl-3.0': 'LGPL-3.0-only' },
  ...{ 'lgpl-2.1': 'LGPL-2.1-only', 'odc-by': 'ODC-By-1.0', odbl: 'ODbL-1.0', pddl: 'PDDL-1.0' },
}

const byId = new Map([
  ...entries.map((known) => [known.id.toLowerCase(), known] as const),
  ...Object.entries(aliases).map(([alias, id]) => [alias, entries.find((known) => known.id === id) as Entry] as const),
])

/** The entry of an id in any letter case. */
export const find = (id: string): Entry | undefined => byId.get(id.trim().toLowerCase())
