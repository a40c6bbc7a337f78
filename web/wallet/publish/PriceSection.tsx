'use client'
import { Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { usd } from '@/lib/format.ts'
import type { PriceFields } from './draft.ts'
import { earn } from './earn.ts'
import { NumberField } from './Field.tsx'

type Props = {
  price: PriceFields
  own: string
  problem: string | undefined
  disabled: boolean
  onPrice: (price: PriceFields) => void
}

const percents = [
  { field: 'part', label: 'Part of each fee', note: 'Of what providers charge for runs.', max: 95 },
  { field: 'creators', label: 'Of it for creators', note: 'The holder of the NFT gets the rest.', max: 100 },
  { field: 'royalty', label: 'Royalty of sales', note: 'When the NFT is sold (ERC-2981).', max: 10 },
] as const

/** What the model earns, and who gets it. */
export const PriceSection = ({ price, own, problem, disabled, onPrice }: Props) => {
  const set = (change: Partial<PriceFields>) => onPrice({ ...price, ...change })
  const share = (i: number, change: Partial<PriceFields['splits'][number]>) =>
    set({ splits: price.splits.map((split, at) => (at === i ? { ...split, ...change } : split)) })
  const rest = 100 - price.splits.reduce((sum, split) => sum + split.share, 0)
  return (
    <fieldset disabled={disabled} className="grid gap-4">
      <legend className="sr-only">Price and splits</legend>
      <div className="grid gap-4 md:grid-cols-3">
        {percents.map(({ field, label, note, max }) => (
          <NumberField
            key={field}
            label={`${label} (%)`}
            note={note}
            max={max}
            step={0.5}
            value={price[field]}
            onValue={(value) => set({ [field]: value })}
          />
        ))}
      </div>
      <div className="grid gap-2 text-sm">
        <p className="font-medium">Creators</p>
        <p className="text-ink-2">
          You: {rest} %<span className="sr-only">, {own}</span>
        </p>
        {price.splits.map((split, i) => (
          <div key={i} className="flex gap-2">
            <input
              className="field font-mono"
              aria-label={`Address of creator ${i + 2}`}
              placeholder="0x…"
              value={split.address}
              onChange={(e) => share(i, { address: e.target.value.trim() })}
            />
            <input
              className="field !w-24"
              type="number"
              min={1}
              max={99}
              aria-label={`Share of creator ${i + 2} in percent`}
              value={split.share}
              onChange={(e) => share(i, { share: Number(e.target.value) })}
            />
            <Button onClick={() => set({ splits: price.splits.filter((_, at) => at !== i) })}>
              <Trash2 aria-hidden />
              <span className="sr-only">Remove creator {i + 2}</span>
            </Button>
          </div>
        ))}
        <Button
          className="w-fit"
          size="sm"
          onClick={() => set({ splits: [...price.splits, { address: '', share: 10 }] })}
        >
          <Plus aria-hidden /> Add a creator
        </Button>
        {problem && <p className="text-xs text-bad">{problem}</p>}
      </div>
      <Simulator price={price} own={rest} />
    </fieldset>
  )
}

/** The contracts' own arithmetic on numbers that the person chooses. */
const Simulator = ({ price, own }: { price: PriceFields; own: number }) => {
  const [runs, setRuns] = useState(1000)
  const [fee, setFee] = useState(0.002)
  const { creators, holder, you } = earn(price, own, { runs, feeMicroUsdc: BigInt(Math.round(fee * 1e6)) })
  return (
    <div className="grid gap-3 rounded-md bg-raised p-3 text-sm">
      <p className="font-medium">What would I earn?</p>
      <div className="grid gap-3 sm:grid-cols-2">
        <NumberField label="Runs per day" note="Your guess." max={1e9} value={runs} onValue={setRuns} />
        <NumberField
          label="A provider charges per run ($)"
          note="Providers set their prices."
          max={1000}
          step={0.001}
          value={fee}
          onValue={setFee}
        />
      </div>
      <p role="status">
        In 30 days: <strong className="num">{usd(you)}</strong> for you as long as you hold the NFT ({usd(creators)} to
        creators, {usd(holder)} to its holder).
      </p>
    </div>
  )
}
