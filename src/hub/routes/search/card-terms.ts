import { Labels, type Repo } from '../../../catalog/index.ts'

/** The license that a card names first. */
export const licenseOf = ({ card }: Pick<Repo.Repo, 'card'>): string | null =>
  Labels.texts(card.license)[0]?.slice(0, 64) ?? null

/** What a card asks of forks, in basis points, as search reads it. */
export const forkBpsOf = ({ card }: Pick<Repo.Repo, 'card'>): number | null => {
  const { fork_royalty_bps: bps } = card
  return typeof bps === 'number' && Number.isInteger(bps) && bps >= 0 && bps <= 10_000 ? bps : null
}
