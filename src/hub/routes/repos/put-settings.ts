import type { FastifyRequest } from 'fastify'
import { Account, Repo } from '../../../catalog/index.ts'
import { BadInput, RepoId, Struct } from '../../../core/index.ts'
import { HubWire } from '../../../wire/index.ts'
import { assertNotAnchored } from '../../Anchoring.ts'
import type { HubContext } from '../../context.ts'
import { assertWritable, places, type Route, readableRepo } from '../../request.ts'
import { announce } from '../../webhooks/announce.ts'
import { wantedVisibility } from './wanted-repo.ts'

type Wish = ReturnType<typeof HubWire.RepoSettings.parse>

/** Changes who may see a repository, and who gets its files. */
export const putSettings: Route = (app, context) => {
  for (const { type, api } of places) {
    app.put(`${api}/:ns/:name/settings`, async (request) => settings(context, request, type))
  }
}

const settings = async (context: HubContext, request: FastifyRequest, type: RepoId.RepoType) => {
  const repo = await readableRepo(context, request, type)
  await assertWritable(context, request, repo, 'repo.write')
  const wish = Struct.parseWith(HubWire.RepoSettings, request.body, 'settings')
  const visibility = wantedVisibility(wish)
  const gated = wish.gated === undefined || wish.gated === null ? undefined : wish.gated || null
  // What is on chain stays open to everybody, so that pinned pulls and audits keep working.
  const closes = (visibility !== undefined && visibility !== 'public') || typeof gated === 'string'
  if (closes) await assertNotAnchored(context, repo, 'hidden or gated')
  const gate = wish.gate ? await gateOf(context, wish.gate) : undefined
  const changed = await context.catalog.db.transaction(async (tx) => {
    const set = await Repo.setSettings(tx, repo, { visibility, gated, gate })
    await announce(context, tx, set, { action: 'update', scope: 'repo.config' })
    return set
  })
  return {
    visibility: changed.visibility,
    private: changed.visibility !== 'public',
    gated: changed.gated ?? false,
  }
}

/** The rule with ids and keys for the names that people write. */
const gateOf = async (context: HubContext, wish: NonNullable<Wish['gate']>): Promise<Repo.Repo['gate']> => {
  const members: string[] = []
  for (const name of wish.members ?? []) {
    const org = await Account.byName(context.catalog.db, name)
    if (org?.kind !== 'org') {
      throw new BadInput(`There is no organisation "${name}" whose members could be let in.`, { code: 'bad_gate' })
    }
    members.push(org.id)
  }
  return { members, holders: (wish.holders ?? []).map((key) => RepoId.key(RepoId.parse(key))) }
}
