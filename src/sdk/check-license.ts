import { BadInput, type License, type Manifest } from '../core/index.ts'
import { FactsWire } from '../wire/index.ts'
import type { Connection } from './Connection.ts'

type Made = { license: License.License; baseModels: Manifest.Manifest['baseModels'] }

/** Parents that one question to the hub may name. */
const parentsAtOnce = 16

/**
 * Asks the hub's published table whether a version may go out under its license, given the models it was made from. What
 * the table does not know passes. Throws `LicenseConflict`.
 */
export async function assertLicenseAllowed(connection: Connection, { license, baseModels }: Made): Promise<void> {
  const parents = baseModels.filter(({ relation }) => relation !== 'dataset').map(({ repo }) => repo)
  for (let at = 0; at < parents.length; at += parentsAtOnce) {
    const query = { child: license.id, parents: parents.slice(at, at + parentsAtOnce).join(',') }
    const answer = FactsWire.LicenseVerdict.parse(await connection.hub.json('/api/dehug/license/check', { query }))
    const denied = answer.parents.filter(({ verdict }) => verdict === 'denied')
    if (denied.length > 0) throw new LicenseConflict(license.id, denied)
  }
}

/** The license of a version contradicts that of a model it was made from. */
export class LicenseConflict extends BadInput {
  constructor(license: string, denied: { parent: string; reason: string }[]) {
    super(
      `It may not be published under ${license}: ${denied.map(({ parent, reason }) => `${parent}: ${reason}`).join(' ')}`,
      {
        code: 'license_conflict',
        hint: 'Choose a license that fits, or pass --allow-license-conflict where its holder permitted it to you.',
        details: { parents: denied.map(({ parent }) => parent) },
      },
    )
  }
}
