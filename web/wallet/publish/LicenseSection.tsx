'use client'
import { CircleCheck, CircleHelp, CircleX } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { LicenseCheck } from '@/lib/types.ts'
import { hubJson } from '../session.ts'
import { parentsOf } from './card.ts'
import { Field } from './Field.tsx'

const usual = [
  'apache-2.0',
  'mit',
  'cc-by-4.0',
  'cc-by-sa-4.0',
  'cc-by-nc-4.0',
  'openrail',
  'llama3.1',
  'gemma',
  'other',
]

type Props = {
  license: string
  baseModels: string
  problem: string | undefined
  disabled: boolean
  onLicense: (license: string) => void
  onCheck: (check: LicenseCheck | undefined) => void
}

/** The license, and whether the base models' licenses allow it. */
export const LicenseSection = ({ license, baseModels, problem, disabled, onLicense, onCheck }: Props) => {
  const [check, setCheck] = useState<LicenseCheck>()
  useEffect(() => {
    let stale = false
    const tell = (result: LicenseCheck | undefined) => {
      if (stale) return
      setCheck(result)
      onCheck(result)
    }
    const parents = parentsOf(baseModels)
    if (license.trim() === '' || parents.length === 0) return tell(undefined)
    const query = new URLSearchParams({ child: license, parents: parents.map((name) => `model:${name}`).join(',') })
    const timer = setTimeout(() => {
      hubJson<LicenseCheck>(`/api/dehug/license/check?${query}`).then(tell, () => tell(undefined))
    }, 300)
    return () => {
      stale = true
      clearTimeout(timer)
    }
  }, [license, baseModels, onCheck])
  return (
    <div className="grid gap-3">
      <Field label="License" note="An SPDX id, or “other” with a LICENSE file in the folder." problem={problem}>
        {(props) => (
          <input
            {...props}
            className="field max-w-xs"
            list="licenses"
            disabled={disabled}
            value={license}
            onChange={(event) => onLicense(event.target.value)}
          />
        )}
      </Field>
      <datalist id="licenses">
        {usual.map((id) => (
          <option key={id} value={id} />
        ))}
      </datalist>
      {check && <Verdict check={check} />}
    </div>
  )
}

const icons = {
  allowed: <CircleCheck className="mt-0.5 size-4 shrink-0 text-good" aria-hidden />,
  denied: <CircleX className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden />,
  unclear: <CircleHelp className="mt-0.5 size-4 shrink-0 text-warn" aria-hidden />,
}
const words = { allowed: 'Allowed', denied: 'Not allowed', unclear: 'Unclear' }

const Verdict = ({ check }: { check: LicenseCheck }) => (
  <div role={check.verdict === 'denied' ? 'alert' : 'status'} className="grid gap-2 text-sm">
    {check.parents.map(({ parent, verdict, reason }) => (
      <p key={parent} className="flex gap-2">
        {icons[verdict]}
        <span>
          <strong>{words[verdict]}</strong> with {parent.replace(/^model:/, '')}: {reason}
        </span>
      </p>
    ))}
    {check.verdict !== 'denied' && check.conditions.length > 0 && (
      <ul className="list-disc pl-6 text-ink-2">
        {check.conditions.map((condition) => (
          <li key={condition}>{condition}</li>
        ))}
      </ul>
    )}
  </div>
)
