'use client'
import { RepoId } from 'dehug/core'
import { useState } from 'react'
import { Button } from '@/components/ui/Button.tsx'
import { Select } from '@/components/ui/Select.tsx'
import { Skeleton } from '@/components/ui/Skeleton.tsx'
import { SignedIn } from '../Gate.tsx'
import type { Session } from '../session.ts'
import { CardSection } from './CardSection.tsx'
import { priceProblem } from './earn.ts'
import { Field, Section } from './Field.tsx'
import { FilesSection } from './FilesSection.tsx'
import { LicenseSection } from './LicenseSection.tsx'
import { PriceSection } from './PriceSection.tsx'
import { PublishSection } from './PublishSection.tsx'
import { licenseProblem } from './publish.ts'
import { useWizard, type Wizard as WizardState } from './use-wizard.ts'

type User = NonNullable<Session['user']>

/** Publishing a folder: files, card, license, price, and one signature. */
export const PublishWizard = () => <SignedIn what="publish">{(user) => <Wizard user={user} />}</SignedIn>

const Wizard = ({ user }: { user: User }) => {
  const wizard = useWizard(user)
  const [busy, setBusy] = useState(false)
  const [accepted, setAccepted] = useState(false)
  const { folder, detected, fields, type } = wizard
  if (!wizard.isLoaded) return <Skeleton className="h-40" />
  const nameTrouble = wizard.name === '' ? 'Give it a name.' : repoProblem(wizard.namespace, wizard.name, type)
  const licenseTrouble = licenseProblem(fields.license, folder?.files ?? [])
  const priceTrouble = priceProblem(wizard.price)
  const unsafe = detected?.unsafe ?? []
  const problems = [
    folder ? undefined : 'Choose a folder.',
    nameTrouble,
    licenseTrouble,
    wizard.check?.verdict === 'denied' ? 'The license does not allow this: see the reason above.' : undefined,
    priceTrouble,
    unsafe.length > 0 && !accepted ? 'Say that files which run code may be published.' : undefined,
  ].filter((problem) => problem !== undefined)
  return (
    <form className="grid gap-4" onSubmit={(event) => event.preventDefault()}>
      <Section title="Files">
        <FilesSection
          folder={folder}
          waiting={wizard.waiting && { name: wizard.waiting.folder, handle: wizard.waiting.handle }}
          disabled={busy}
          onFolder={wizard.takeFolder}
        />
        {unsafe.length > 0 && <UnsafeNote unsafe={unsafe} accepted={accepted} onAccepted={setAccepted} />}
      </Section>
      {folder && detected && (
        <>
          <NameSection wizard={wizard} user={user} problem={nameTrouble} disabled={busy} />
          <Section title="Card" note={factsOf(detected)}>
            <CardSection
              type={type}
              fields={fields}
              body={wizard.body}
              detected={detected}
              disabled={busy}
              onFields={wizard.setFields}
              onBody={wizard.setBody}
            />
          </Section>
          <Section title="License">
            <LicenseSection
              license={fields.license}
              baseModels={type === 'model' ? fields.baseModels : ''}
              problem={licenseTrouble}
              disabled={busy}
              onLicense={(license) => wizard.setFields({ ...fields, license })}
              onCheck={wizard.setCheck}
            />
          </Section>
          <Section
            title="Price and splits"
            note="Fixed with the first version; the owner can change the part of each fee later."
          >
            <PriceSection
              price={wizard.price}
              own={user.address ?? user.name}
              problem={priceTrouble}
              disabled={busy}
              onPrice={wizard.setPrice}
            />
          </Section>
          <PublishSection wizard={wizard} problems={problems} onBusy={setBusy} />
        </>
      )}
      {!folder && (
        <Button variant="primary" className="w-fit" disabled>
          Sign and publish
        </Button>
      )}
    </form>
  )
}

type UnsafeProps = { unsafe: string[]; accepted: boolean; onAccepted: (accepted: boolean) => void }

const UnsafeNote = ({ unsafe, accepted, onAccepted }: UnsafeProps) => (
  <label className="flex gap-2 rounded-md bg-warn-soft p-3 text-sm">
    <input type="checkbox" checked={accepted} onChange={(event) => onAccepted(event.target.checked)} />
    <span>
      {unsafe.join(', ')} can run code when loaded. Publish all the same; everybody is told. Better: save as
      safetensors.
    </span>
  </label>
)

type NameProps = { wizard: WizardState; user: User; problem: string | undefined; disabled: boolean }

const NameSection = ({ wizard, user, problem, disabled }: NameProps) => (
  <Section title="Name">
    <fieldset disabled={disabled} className="grid gap-4 sm:grid-cols-3">
      <legend className="sr-only">Name</legend>
      <Field label="Owner">
        {(props) => (
          <Select
            {...props}
            options={ownersOf(user)}
            value={wizard.namespace}
            onChange={(event) => wizard.setNamespace(event.target.value)}
          />
        )}
      </Field>
      <Field label="Name" problem={problem}>
        {(props) => (
          <input
            {...props}
            className="field"
            value={wizard.name}
            onChange={(event) => wizard.setName(event.target.value.trim())}
          />
        )}
      </Field>
      <Field label="Kind">
        {(props) => (
          <Select
            {...props}
            options={kinds}
            value={wizard.type}
            onChange={(event) => wizard.setType(event.target.value === 'dataset' ? 'dataset' : 'model')}
          />
        )}
      </Field>
    </fieldset>
  </Section>
)

const kinds = [
  { value: 'model', label: 'Model' },
  { value: 'dataset', label: 'Dataset' },
]

const ownersOf = ({ name, orgs }: User) =>
  [name, ...orgs.filter(({ role }) => role !== 'read').map((org) => org.name)].map((value) => ({ value, label: value }))

const repoProblem = (namespace: string, name: string, type: 'model' | 'dataset'): string | undefined => {
  try {
    RepoId.parse(`${namespace}/${name}`, type)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

const factsOf = ({
  tensors,
}: {
  tensors: { params: number; dtypes: Record<string, number>; architecture?: string } | undefined
}) => {
  if (!tensors) return 'What the files say about themselves is filled in.'
  const kinds = Object.keys(tensors.dtypes).join(', ')
  return [tensors.architecture, tensors.params > 0 && `${tensors.params.toLocaleString('en')} parameters`, kinds]
    .filter(Boolean)
    .join(' · ')
}
