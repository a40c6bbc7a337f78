import { Money, TimeAgo } from '@/components/ui/Figures.tsx'
import { Hash } from '@/components/ui/Hash.tsx'
import { Table, Td, Th } from '@/components/ui/Table.tsx'

/** Money that moved on chain; `at` is unix seconds. */
export type MoneyMove = { what: string; amount: string; to?: string; at: string; txHash: string }

/** Moves of money, each with its transaction; `first` names what they are of. */
export const MoneyMoves = ({ caption, first, moves }: { caption: string; first: string; moves: MoneyMove[] }) => {
  const hasReceiver = moves.some(({ to }) => to !== undefined)
  return (
    <Table caption={caption}>
      <thead>
        <tr>
          <Th>{first}</Th>
          <Th className="text-right">Amount</Th>
          {hasReceiver && <Th>To</Th>}
          <Th>When</Th>
          <Th>Transaction</Th>
        </tr>
      </thead>
      <tbody>
        {moves.map(({ what, amount, to, at, txHash }) => (
          <tr key={txHash + what}>
            <Td>{what}</Td>
            <Td numeric>
              <Money micro={amount} />
            </Td>
            {hasReceiver && <Td>{to && <Hash value={to} what="address" />}</Td>}
            <Td>
              <TimeAgo at={Number(at) * 1000} />
            </Td>
            <Td>
              <Hash value={txHash} what="transaction" />
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}
