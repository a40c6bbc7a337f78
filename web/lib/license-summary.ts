/** One line of a summary: `allowed` is undefined for what one must do. */
export type LicenseLine = { text: string; allowed?: boolean }

const may = (text: string): LicenseLine => ({ text, allowed: true })
const mayNot = (text: string): LicenseLine => ({ text, allowed: false })
const must = (text: string): LicenseLine => ({ text })

const commercial = may('Use it, also for money')
const change = may('Change it and pass it on')
const credit = must('Name the author and keep the license text')
const same = must('Publish what you make of it under the same license')

const permissive = [commercial, change, credit, mayNot('Hold the author liable')]
const openRail = [
  commercial,
  change,
  must('Pass on the same use restrictions'),
  mayNot('Use it for the listed harmful purposes'),
]

const known: Record<string, LicenseLine[]> = {
  mit: permissive,
  'bsd-2-clause': permissive,
  'bsd-3-clause': [...permissive, mayNot('Advertise with the author’s name')],
  isc: permissive,
  'apache-2.0': [...permissive, must('Say which files you changed'), may('Rely on the author’s patents')],
  'cc0-1.0': [commercial, change],
  unlicense: [commercial, change],
  'cc-by-4.0': [commercial, change, credit],
  'cc-by-sa-4.0': [commercial, change, credit, same],
  'cc-by-nc-4.0': [mayNot('Use it for money'), change, credit],
  'cc-by-nc-sa-4.0': [mayNot('Use it for money'), change, credit, same],
  'cc-by-nd-4.0': [commercial, mayNot('Pass on changed versions'), credit],
  'cc-by-nc-nd-4.0': [mayNot('Use it for money'), mayNot('Pass on changed versions'), credit],
  'gpl-3.0': [commercial, change, same],
  'agpl-3.0': [commercial, change, same, must('Offer the source to who uses it over a network')],
  openrail: openRail,
  'creativeml-openrail-m': openRail,
  'bigscience-openrail-m': openRail,
}

/** A license in a few lines; undefined for those with terms of their own. */
export const licenseSummary = (license: string): LicenseLine[] | undefined => known[license.toLowerCase()]
