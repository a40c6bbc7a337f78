import { usd } from '@/lib/format.ts'
import { HubError } from '@/lib/HubError.ts'
import { attempt, get } from '@/lib/hub.ts'
import type { Formula as Facts } from '@/lib/signal-types.ts'

const points = (thousandths: number) => `${thousandths / 1000} ${thousandths === 1000 ? 'point' : 'points'}`

/** How trending and scores are counted, with the numbers the hub itself uses. */
export const Formula = async () => {
  const found = await attempt(get<{ formula: Facts }>('/api/dehug/signals'))
  if (found instanceof HubError) return null
  const { formula } = found
  return (
    <section id="formula" aria-label="How it is counted" className="mt-10 max-w-prose text-sm">
      <h2 className="font-semibold">How it is counted</h2>
      <ul className="mt-2 list-disc pl-5 text-ink-2">
        <li>
          A signed pull counts {points(formula.pull)}, {points(formula.paidPull)} if whoever pulled also pays for
          models; one per person, version and day.
        </li>
        <li>A like counts {points(formula.like)}.</li>
        <li>
          Usage counts by the logarithm of fees in units of {usd(formula.usageUnitMicroUsdc)} per payer, at most{' '}
          {points(formula.usageCap)} each, so that one rich payer is no crowd.
        </li>
        <li>Everything loses half of its weight in {formula.halfLifeDays} days.</li>
      </ul>
      <p className="mt-2 text-ink-2">
        Formula {formula.name}. The receipts of every day are{' '}
        <a href="/api/dehug/signals" className="link">
          published
        </a>
        , their roots are on chain, and anyone can add them up again.
      </p>
    </section>
  )
}
