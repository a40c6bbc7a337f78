import { TimeAgo } from '@/components/ui/Figures.tsx'
import { Link } from '@/components/ui/Link.tsx'
import { Table, Td, Th } from '@/components/ui/Table.tsx'
import { integer, short, usd } from '@/lib/format.ts'
import { type RunModel, typicalCost } from './model.ts'

/** Who serves the models now, for how much; the gateway takes the cheapest offer for each request. */
export const OfferTable = ({ models }: { models: RunModel[] }) => (
  <Table caption="Offers, as their providers signed them">
    <thead>
      <tr>
        <Th>Model</Th>
        <Th>Provider</Th>
        <Th className="text-right">In, per 1M tokens</Th>
        <Th className="text-right">Out, per 1M tokens</Th>
        <Th className="text-right">A call</Th>
        <Th className="text-right">Most tokens in / out</Th>
        <Th>Offer ends</Th>
      </tr>
    </thead>
    <tbody>
      {models.flatMap(({ id, offers }) =>
        [...offers]
          .sort((a, b) => Number(typicalCost(a) - typicalCost(b)))
          .map((offer) => (
            <tr key={`${id} ${offer.provider}`}>
              <Td>
                <Link href={`/${id}`} className="link">
                  {id}
                </Link>
              </Td>
              <Td>
                <Link href={`/providers/${offer.provider}`} className="link font-mono text-[0.8125rem]">
                  {short(offer.provider)}
                </Link>
              </Td>
              <Td numeric>{usd(offer.priceIn)}</Td>
              <Td numeric>{usd(offer.priceOut)}</Td>
              <Td numeric>{usd(offer.priceCall)}</Td>
              <Td numeric>
                {integer(BigInt(offer.maxIn))} / {integer(BigInt(offer.maxOut))}
              </Td>
              <Td>
                <TimeAgo at={Number(offer.validUntil) * 1000} />
              </Td>
            </tr>
          )),
      )}
    </tbody>
  </Table>
)
