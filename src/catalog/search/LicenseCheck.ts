import * as LicenseTable from './LicenseTable.ts'

export type Verdict = 'allowed' | 'denied' | 'unclear'
export type Checked = { verdict: Verdict; reason: string; source: string | null }

/** Free software that says no more than GPL 2 allows cannot take in what Apache 2.0 adds. */
const apacheAndGpl2 = 'https://www.gnu.org/licenses/license-list.html#apache2'

/**
 * Whether a child may be published under one license when its parent is under another. An answer from a published table,
 * no legal advice; what the table does not know is unclear.
 */
export const check = (child: string | null, parent: string | null): Checked => {
  const [of, under] = [
    parent === null ? undefined : LicenseTable.find(parent),
    child === null ? undefined : LicenseTable.find(child),
  ]
  if (!of)
    return unclear(parent === null ? 'The parent names no license.' : `The terms of "${parent}" are not in the table.`)
  if (of.kind === 'no-derivatives') return denied(of, `${of.name} does not allow derivatives to be published.`)
  if (!under)
    return of.children.includes('any')
      ? {
          verdict: 'allowed',
          reason: `${of.name} allows derivatives under any terms that keep its notices.`,
          source: of.url,
        }
      : unclear(
          child === null ? 'The child names no license.' : `The terms of "${child}" are not in the table.`,
          of.url,
        )
  if (of.id === 'Apache-2.0' && under.id === 'GPL-2.0-only')
    return {
      verdict: 'denied',
      reason: 'Apache 2.0 has patent terms that GPL 2.0 does not allow.',
      source: apacheAndGpl2,
    }
  if (fits(of, under)) return { verdict: 'allowed', reason: reasonFor(of, under), source: of.url }
  return misfit(of, under)
}

const fits = (of: LicenseTable.Entry, under: LicenseTable.Entry): boolean =>
  under.id === of.id ||
  of.children.includes('any') ||
  of.children.includes(under.id) ||
  (of.children.includes('noncommercial') && under.kind === 'noncommercial')

const reasonFor = (of: LicenseTable.Entry, under: LicenseTable.Entry): string => {
  if (under.id === of.id) return 'Both have the same license.'
  if (of.children.includes('any')) return `${of.name} allows derivatives under other terms.`
  return `${of.name} allows derivatives under ${under.name}.`
}

const misfit = (of: LicenseTable.Entry, under: LicenseTable.Entry): Checked => {
  switch (of.kind) {
    case 'noncommercial':
      return denied(
        of,
        under.kind === 'noncommercial'
          ? `${of.name} asks derivatives to stay under the same license.`
          : `${under.name} would allow commercial use, which ${of.name} does not.`,
      )
    case 'use-restricted':
      return under.kind === 'use-restricted'
        ? unclear(`Whether ${under.name} carries all that ${of.name} asks for has to be read.`, of.url)
        : denied(of, `${under.name} would drop the use restrictions that ${of.name} passes on.`)
    case 'weak-copyleft':
      return unclear(`${of.name} binds changed files; whether weights made from them are such is not settled.`, of.url)
    default:
      return denied(
        of,
        `${of.name} asks derivatives to stay under the same or a named license, and ${under.name} is none.`,
      )
  }
}

const denied = ({ url }: LicenseTable.Entry, reason: string): Checked => ({ verdict: 'denied', reason, source: url })
const unclear = (reason: string, source: string | null = null): Checked => ({ verdict: 'unclear', reason, source })

/** The verdict over all parents: one that denies is enough, and so is one that is unclear. */
export const overall = (verdicts: readonly Verdict[]): Verdict =>
  verdicts.includes('denied') ? 'denied' : verdicts.includes('unclear') ? 'unclear' : 'allowed'
