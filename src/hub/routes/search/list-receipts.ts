import type { FastifyRequest } from 'fastify'
import { Claims, Onchain, Repo } from '../../../catalog/index.ts'
import { BadInput, NotFound, RepoId } from '../../../core/index.ts'
import { FactsWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import type { Route } from '../../request.ts'
import { readQuery } from './read-query.ts'
import { showClaim, showPlace } from './show-facts.ts'

/** What was settled: claims with the roots of the receipts behind them. */
export const listReceipts: Route = (app, context) => {
  app.get('/api/dehug/receipts', async (request): Promise<FactsWire.Claims> => {
    const { model, provider, payer, cursor, limit } = readQuery(FactsWire.ClaimsQuery, request)
    const modelId = model === undefined ? undefined : await modelIdOf(context, request, model)
    if (modelId === null) return { claims: [], next: null }
    const { claims, next } = await Claims.list(context.catalog.db, { modelId, provider, payer }, { cursor, limit })
    return { claims: claims.map(showClaim), next }
  })
  app.get('/api/dehug/batches/:root', async (request): Promise<FactsWire.Batch> => {
    const { db } = context.catalog
    const root = rootOf((request.params as { root: string }).root)
    const [places, claims, totals] = await Promise.all([
      Claims.batches(db, { root }),
      Claims.list(db, { batchRoot: root }, { limit: maxClaims }),
      Claims.sums(db, root),
    ])
    if (places.length === 0 && totals.claims === 0) throw new BatchNotFound(root)
    return { root, places: places.map(showPlace), claims: claims.claims.map(showClaim), totals }
  })
}

const maxClaims = 100

/** Null where no such model is to be seen. Throws `BadRepoId`. */
const modelIdOf = async (
  { catalog: { db } }: HubContext,
  request: FastifyRequest,
  model: string,
): Promise<bigint | null> => {
  if (/^\d{1,78}$/.test(model)) return BigInt(model)
  const repo = await Repo.find(db, RepoId.parse(model))
  if (!repo || !(await Repo.mayRead(db, repo, request.holder))) return null
  return (await Onchain.models(db, [repo.key])).get(repo.key)?.modelId ?? null
}

const rootOf = (text: string): string => {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase()
  throw new BadInput('The batch in the URL is not a root.', {
    code: 'bad_root',
    hint: 'Write 0x and 64 hexadecimal digits.',
  })
}

/** No claim names this batch. */
export class BatchNotFound extends NotFound {
  constructor(root: string) {
    super(`The batch ${root} was never claimed.`, {
      code: 'batch_not_found',
      hint: 'A batch is known when its claim is on chain and indexed.',
    })
  }
}
