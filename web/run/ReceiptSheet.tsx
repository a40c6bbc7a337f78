'use client'
import type { CheckedReceipt, ReceiptSettlement } from 'dehug/sdk/web'
import { Download, ShieldCheck } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { Money, TimeAgo } from '@/components/ui/Figures.tsx'
import { Hash } from '@/components/ui/Hash.tsx'
import { Link } from '@/components/ui/Link.tsx'
import { counted, usd } from '@/lib/format.ts'
import { Facts } from './Facts.tsx'
import { FailureNote } from './FailureNote.tsx'
import { RuleList } from './RuleList.tsx'
import { connect, type Failure, failureOf, readBatchFile } from './sdk.ts'
import { Verdict } from './Verdict.tsx'

type View = Omit<CheckedReceipt, 'checks'>

const statuses = ['answered', 'left by the caller', 'failed', 'empty', 'past its deadline', 'ended at its ceiling']

/** A receipt as the gateway tells it, in words, with everything it proves. */
export const ReceiptSheet = ({ json }: { json: unknown }) => {
  const [view, setView] = useState<View>()
  const [failure, setFailure] = useState<Failure>()
  useEffect(() => {
    connect()
      .then(({ sdk }) => setView(sdk.parseReceipt(json)))
      .catch((error) => setFailure(failureOf(error)))
  }, [json])
  if (failure) return <FailureNote failure={failure} />
  if (!view) return <p role="status">Reading the receipt…</p>
  return (
    <>
      <VerifyReceipt view={view} json={json} />
      <div className="grid gap-6 lg:grid-cols-2">
        <Charge view={view} />
        <Signatures view={view} />
      </div>
    </>
  )
}

type State =
  | { kind: 'idle' }
  | { kind: 'checking' }
  | { kind: 'checked'; found: ReceiptSettlement }
  | { kind: 'failed'; failure: Failure }

const VerifyReceipt = ({ view, json }: { view: View; json: unknown }) => {
  const [state, setState] = useState<State>({ kind: 'idle' })
  const verify = async () => {
    setState({ kind: 'checking' })
    try {
      const { sdk, connection } = await connect()
      setState({ kind: 'checked', found: await sdk.checkSettlement(connection, view, readBatchFile) })
    } catch (error) {
      setState({ kind: 'failed', failure: failureOf(error) })
    }
  }
  return (
    <div className="space-y-3" aria-live="polite">
      <div className="flex flex-wrap gap-2">
        <Button variant="primary" onClick={verify} disabled={state.kind === 'checking'}>
          <ShieldCheck aria-hidden /> {state.kind === 'checking' ? 'Checking…' : 'Verify in this browser'}
        </Button>
        <Button onClick={() => save(view.jobId, json)}>
          <Download aria-hidden /> Save the receipt
        </Button>
      </div>
      <p className="text-xs text-ink-2">The saved file also opens this one receipt to an auditor, and no other.</p>
      {state.kind === 'failed' && <FailureNote failure={state.failure} />}
      {state.kind === 'checked' && <Outcome found={state.found} />}
    </div>
  )
}

const Outcome = ({ found: { rules, settlement, proof } }: { found: ReceiptSettlement }) => (
  <>
    <Verdict
      holds={rules.every(({ holds }) => holds)}
      good={
        settlement
          ? 'Everything holds, up to the money on chain.'
          : 'Everything holds. Its provider has not settled it yet.'
      }
      bad="Something is wrong: keep this receipt as evidence."
    />
    <RuleList rules={rules} />
    {settlement && (
      <Facts
        rows={[
          ['Settled by', <Hash key="t" value={settlement.claim.txHash} what="transaction" />],
          [
            'In batch',
            <Hash
              key="b"
              value={settlement.claim.args.batchRoot}
              what="batch root"
              href={`/batches/${settlement.claim.args.batchRoot}`}
            />,
          ],
          [
            'Inclusion proof',
            `${counted(proof.length, 'digest')}, in a batch of ${counted(settlement.batch.entries.length, 'receipt')}`,
          ],
          ['Of this settlement', `${usd(settlement.claim.args.delta)} in all`],
          ['to the provider', <Money key="p" micro={settlement.claim.args.providerAmount} />],
          ['to the model', <Money key="m" micro={settlement.claim.args.modelAmount} />],
          ['to the protocol', <Money key="f" micro={settlement.claim.args.feeAmount} />],
        ]}
      />
    )}
  </>
)

const Charge = ({ view }: { view: View }) => (
  <section>
    <h2 className="mb-2 text-lg font-semibold">The charge</h2>
    <Facts
      rows={[
        ['Model', <ModelName key="m" id={view.model} />],
        ['Version', <Hash key="v" value={view.receipt.versionRoot} what="root" />],
        ['Provider', <Hash key="p" value={view.provider} what="provider" href={`/providers/${view.provider}`} />],
        ['Outcome', statuses[view.receipt.status] ?? `status ${view.receipt.status}`],
        ['Units', `${view.receipt.unitsIn} in, ${view.receipt.unitsOut} out, ${view.receipt.unitsMs} ms`],
        ['Price', `${usd(view.offer.priceIn)} in and ${usd(view.offer.priceOut)} out, per 1M`],
        ['Charged', <Money key="f" micro={view.receipt.fee} />],
        ['At most', <Money key="x" micro={view.maxFee} />],
        ['Ended', <TimeAgo key="t" at={view.finishedAt} />],
      ]}
    />
  </section>
)

/** A receipt may come from a file, so its words lead nowhere but to pages of models. */
const ModelName = ({ id }: { id: string }) =>
  /^[\w.-]+\/[\w.-]+$/.test(id) ? (
    <Link href={`/${id}`} className="link">
      {id}
    </Link>
  ) : (
    id
  )

const Signatures = ({ view }: { view: View }) => (
  <section>
    <h2 className="mb-2 text-lg font-semibold">What was signed</h2>
    <Facts
      rows={[
        ['Answer', <Hash key="a" value={view.receipt.answerHash} what="answer hash" />],
        ['Request (salted)', <Hash key="r" value={view.requestHash} what="request hash" />],
        ['Channel', <Hash key="c" value={view.receipt.channelId} what="channel" />],
        ['Number in the channel', String(view.receipt.seq)],
        ['Running total', <Money key="s" micro={view.receipt.spent} />],
        ['Ceiling signed before', <Money key="v" micro={view.voucher.ceiling} />],
        ["Receipt, provider's signature", <Hash key="1" value={view.signature} what="signature" />],
        ["Offer, provider's signature", <Hash key="2" value={view.offerSignature} what="signature" />],
        ["Voucher, payer's key", <Hash key="3" value={view.voucherSignature} what="signature" />],
      ]}
    />
  </section>
)

function save(jobId: string, json: unknown): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(json, null, 2)], { type: 'application/json' }))
  const link = Object.assign(document.createElement('a'), { href: url, download: `receipt-${jobId.slice(2, 10)}.json` })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}
