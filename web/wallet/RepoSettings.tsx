'use client'
import { RepoId } from 'dehug/core'
import { useCallback, useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { Hash } from '@/components/ui/Hash.tsx'
import { Skeleton } from '@/components/ui/Skeleton.tsx'
import { EmptyState } from '@/components/ui/States.tsx'
import { percent, short } from '@/lib/format.ts'
import { AccessRequests } from './AccessRequests.tsx'
import { query, useLoaded } from './account-data.ts'
import { SignedIn } from './Gate.tsx'
import { DeleteForm, NameForm } from './NameForm.tsx'
import { Problem } from './Problem.tsx'
import { NumberField, Section } from './publish/Field.tsx'
import { apiPath } from './publish/send.ts'
import { hubJson } from './session.ts'
import { TransferForm } from './TransferForm.tsx'
import { VisibilityForm } from './VisibilityForm.tsx'
import { Webhooks } from './Webhooks.tsx'
import { type Wish, WriteDialog } from './WriteDialog.tsx'

export type OnChain = { id: string; owner: string; ownerEpoch: string; creatorBps: number; royaltyBps: number }
export type Info = { id: string; private: boolean; gated: false | 'auto' | 'manual' }

const text = `query ($repo: String!) {
  models(where: { repo: $repo }, limit: 1) { items { id owner ownerEpoch creatorBps royaltyBps } }
}`

const settingsOf = async (repo: RepoId.RepoId): Promise<{ info: Info; onChain: OnChain | undefined }> => {
  const [info, { models }] = await Promise.all([
    hubJson<Info>(apiPath(repo)),
    query<{ models: { items: OnChain[] } }>(text, { repo: RepoId.key(repo) }),
  ])
  return { info, onChain: models.items[0] }
}

/** What the owner of a repository decides about it. */
export const RepoSettings = ({ type, id }: { type: 'model' | 'dataset'; id: string }) => (
  <SignedIn what="change these settings">
    {(user) => {
      const repo = RepoId.parse(id, type)
      const own = [
        user.name,
        ...user.orgs.filter(({ role }) => role === 'admin' || role === 'write').map(({ name }) => name),
      ]
      return own.some((name) => name.toLowerCase() === repo.namespace.toLowerCase()) ? (
        <Settings repo={repo} address={user.address} />
      ) : (
        <EmptyState title="These settings are its owner's">You are signed in as {user.name}.</EmptyState>
      )
    }}
  </SignedIn>
)

const Settings = ({ repo, address }: { repo: RepoId.RepoId; address: string | null }) => {
  const key = RepoId.key(repo)
  const load = useCallback(() => settingsOf(repo), [key])
  const { value, problem, reload } = useLoaded(load)
  const [wish, setWish] = useState<Wish>()
  if (problem !== undefined) return <Problem error={problem} />
  if (!value) return <Skeleton className="h-64" />
  const { info, onChain } = value
  const isOwner = onChain?.owner.toLowerCase() === address?.toLowerCase()
  return (
    <div className="grid gap-4">
      <Section title="Who may see it">
        <VisibilityForm repo={repo} info={info} anchored={onChain !== undefined} onDone={reload} />
      </Section>
      {onChain && (
        <>
          <Section title="Price terms" note={`Now ${percent(onChain.creatorBps)} of each fee goes to the model.`}>
            <TermsForm onChain={onChain} disabled={!isOwner} onWish={(made) => setWish({ ...made, onDone: reload })} />
          </Section>
          <Section
            title="Transfer"
            note="The NFT is the model: whoever holds it signs for it and gets the holder's part."
          >
            <p className="text-sm">
              Held by <Hash value={onChain.owner} what="address" />
              {isOwner ? ', you.' : ''}
            </p>
            <TransferForm modelId={BigInt(onChain.id)} disabled={!isOwner} onDone={reload} />
          </Section>
        </>
      )}
      {info.gated !== false && (
        <Section title="Requests for access" note="Who asked for the files, and what you answered.">
          <AccessRequests repo={repo} />
        </Section>
      )}
      <Section title="Webhooks" note="Sent when something about this repository changes.">
        <Webhooks repo={repo} />
      </Section>
      <Section title="Name">
        <NameForm repo={repo} anchored={onChain !== undefined} />
      </Section>
      <Section title="Delete">
        <DeleteForm repo={repo} anchored={onChain !== undefined} />
      </Section>
      {wish && <WriteDialog wish={wish} onClose={() => setWish(undefined)} />}
    </div>
  )
}

type TermsProps = { onChain: OnChain; disabled: boolean; onWish: (wish: Wish) => void }

const TermsForm = ({ onChain, disabled, onWish }: TermsProps) => {
  const [part, setPart] = useState(onChain.creatorBps / 100)
  const creatorBps = Math.round(part * 100)
  return (
    <form
      className="flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        onWish(termsWish(onChain, creatorBps))
      }}
    >
      <NumberField
        label="Part of each fee (%)"
        note="Channels that are open keep the part they began with."
        max={95}
        step={0.5}
        value={part}
        disabled={disabled}
        className="!w-32"
        onValue={setPart}
      />
      <Button type="submit" disabled={disabled || creatorBps === onChain.creatorBps} className="mb-5">
        Change
      </Button>
      {disabled && <p className="mb-5 text-sm text-ink-2">Only the holder of the NFT changes the terms.</p>}
    </form>
  )
}

const termsWish = (onChain: OnChain, creatorBps: number): Wish => ({
  title: 'Change the price terms',
  lines: [
    { label: 'Part of each fee', value: `${percent(onChain.creatorBps)} → ${percent(creatorBps)}` },
    { label: 'Signed by', value: `the holder ${short(onChain.owner)}` },
    { label: 'You pay', value: '$0.00; gas is paid by the relayer' },
  ],
  act: async (connection) => {
    const { setTerms } = await import('dehug/sdk/web')
    await setTerms(connection, { modelId: BigInt(onChain.id), creatorBps, ownerEpoch: BigInt(onChain.ownerEpoch) })
  },
})
