import { Economics, Names } from '../../../catalog/index.ts'
import { FactsWire } from '../../../wire/index.ts'
import type { Route } from '../../request.ts'
import { repoWithToken } from './kinds.ts'
import { readQuery } from './read-query.ts'
import { timeOf } from './show-facts.ts'

/** What the chain says of a model's money: terms, shares, revenue by day, payouts, and who had the NFT. */
export const getEconomics: Route = (app, context) => {
  app.get('/api/dehug/models/:ns/:name/economics', async (request): Promise<FactsWire.Economics> => {
    const { days } = readQuery(FactsWire.EconomicsQuery, request)
    const { onchain } = await repoWithToken(context, request, 'model')
    const { db } = context.catalog
    const found = onchain && (await Economics.of(db, onchain.modelId, days, context.clock()))
    if (!onchain || !found) return notMinted
    const names = await Names.ofAddresses(db, [found.owner, ...found.splits.map(({ creator }) => creator)])
    const nameOf = (address: string) => names.get(address) ?? null
    return {
      modelId: onchain.modelId.toString(),
      owner: found.owner,
      ownerName: nameOf(found.owner),
      terms: found.terms,
      totals: found.totals,
      splits: found.splits.map((split) => ({ ...split, name: nameOf(split.creator) })),
      perDay: found.perDay,
      payouts: found.payouts.map((payout) => ({ ...payout, at: timeOf(payout.at) })),
      transfers: found.transfers.map((transfer) => ({ ...transfer, at: timeOf(transfer.at) })),
      source: 'onchain',
    }
  })
}

const notMinted: FactsWire.Economics = {
  ...{ modelId: null, owner: null, ownerName: null, terms: null },
  totals: { claimed: '0', creator: '0', holder: '0', royalties: '0', jobs: '0' },
  ...{ splits: [], perDay: [], payouts: [], transfers: [], source: 'onchain' },
}
