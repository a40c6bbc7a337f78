import type { FastifyRequest } from 'fastify'
import { LicenseCheck, LicenseTable, Repo } from '../../../catalog/index.ts'
import { RepoId } from '../../../core/index.ts'
import { FactsWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import type { Route } from '../../request.ts'
import { licenseOf } from './card-terms.ts'
import { readQuery } from './read-query.ts'

/** Whether something may be published under a license when it was made from others: an answer from a published table. */
export const checkLicense: Route = (app, context) => {
  app.get('/api/dehug/license/check', async (request): Promise<FactsWire.LicenseVerdict> => {
    const { child, parents } = readQuery(FactsWire.LicenseQuery, request)
    const checked = await Promise.all(
      parents.map(async (parent) => {
        const license = await licenseNamed(context, request, parent)
        return { parent, license: factsOf(license ?? parent), ...LicenseCheck.check(child, license) }
      }),
    )
    return {
      child: factsOf(child),
      verdict: LicenseCheck.overall(checked.map(({ verdict }) => verdict)),
      parents: checked,
      conditions: [...new Set(checked.flatMap(({ license }) => LicenseTable.find(license.id)?.keep ?? []))],
    }
  })
  app.get(
    '/api/dehug/license/table',
    async (): Promise<FactsWire.LicenseList> => ({
      licenses: LicenseTable.entries.map((entry) => ({
        ...factsOf(entry.id),
        keep: [...entry.keep],
        children: [...entry.children],
      })),
    }),
  )
}

/** A parent is a license, or a repository whose card names one; what the caller may not see names none. */
const licenseNamed = async (
  { catalog: { db } }: HubContext,
  request: FastifyRequest,
  parent: string,
): Promise<string | null> => {
  if (!/^(model|dataset):/.test(parent)) return parent
  const repo = await Repo.find(db, RepoId.parse(parent))
  return repo && (await Repo.mayRead(db, repo, request.holder)) ? licenseOf(repo) : null
}

const factsOf = (id: string): FactsWire.LicenseFacts => {
  const entry = LicenseTable.find(id)
  if (!entry) return { id, known: false, name: null, url: null, kind: null }
  return { id: entry.id, known: true, name: entry.name, url: entry.url, kind: entry.kind }
}
