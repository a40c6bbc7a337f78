'use client'
import { useId } from 'react'
import type { Draft } from './draft.ts'

export type RequestFormProps = {
  task: string
  draft: Draft
  onChange: (draft: Draft) => void
  /** Ctrl-Enter in the text. */
  onSubmit: () => void
}

const labels: Record<string, string> = {
  'text-generation': 'Message',
  'feature-extraction': 'Texts, one a line',
  'text-classification': 'Texts, one a line',
}

/** What a task asks for, and its parameters. */
export const RequestForm = (props: RequestFormProps) => {
  const { task, draft, onChange } = props
  const set = (change: Partial<Draft>) => onChange({ ...draft, ...change })
  if (task === 'image-classification') {
    return (
      <>
        <ImageField image={draft.image} onChange={(image) => set({ image })} />
        <NumberField label="Labels shown" value={draft.topK} min={1} max={100} onChange={(topK) => set({ topK })} />
      </>
    )
  }
  const generates = task === 'text-generation'
  return (
    <>
      {generates && <Mode draft={draft} set={set} />}
      <TextField {...props} label={generates && draft.mode === 'completion' ? 'Prompt' : (labels[task] ?? 'Input')} />
      {generates && <Sampling draft={draft} set={set} />}
      {task === 'text-classification' && (
        <NumberField label="Labels shown" value={draft.topK} min={1} max={100} onChange={(topK) => set({ topK })} />
      )}
    </>
  )
}

type Set = (change: Partial<Draft>) => void

const Mode = ({ draft, set }: { draft: Draft; set: Set }) => (
  <fieldset className="flex gap-4 text-sm">
    <legend className="sr-only">Form of the request</legend>
    {(['chat', 'completion'] as const).map((mode) => (
      <label key={mode} className="touch inline-flex items-center gap-1.5">
        <input
          type="radio"
          name="mode"
          checked={draft.mode === mode}
          onChange={() => set({ mode })}
          className="accent-[var(--accent)]"
        />
        {mode === 'chat' ? 'Chat' : 'Completion'}
      </label>
    ))}
  </fieldset>
)

const TextField = ({ draft, onChange, onSubmit, label }: RequestFormProps & { label: string }) => {
  const id = useId()
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      <textarea
        id={id}
        rows={5}
        value={draft.text}
        maxLength={20_000}
        onChange={(event) => onChange({ ...draft, text: event.target.value })}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) onSubmit()
        }}
        className="field !h-auto resize-y py-2"
      />
      <p className="mt-1 text-xs text-ink-2">Ctrl + Enter runs it.</p>
    </div>
  )
}

const Sampling = ({ draft, set }: { draft: Draft; set: Set }) => (
  <details className="group" open>
    <summary className="touch flex items-center text-sm font-medium">Parameters</summary>
    <div className="mt-2 grid grid-cols-2 gap-3">
      <NumberField
        label="Most tokens"
        value={draft.maxTokens}
        min={1}
        max={4096}
        onChange={(maxTokens) => set({ maxTokens })}
      />
      <NumberField
        label="Temperature"
        value={draft.temperature}
        min={0}
        max={2}
        step={0.1}
        onChange={(temperature) => set({ temperature })}
      />
      <NumberField label="Top p" value={draft.topP} min={0.01} max={1} step={0.01} onChange={(topP) => set({ topP })} />
      <Field label="Seed">
        {(id) => (
          <input
            id={id}
            inputMode="numeric"
            pattern="\d*"
            maxLength={9}
            placeholder="any"
            value={draft.seed}
            onChange={(event) => set({ seed: event.target.value.replace(/\D/g, '') })}
            className="field"
          />
        )}
      </Field>
      {draft.mode === 'chat' && (
        <div className="col-span-2">
          <Field label="System message">
            {(id) => (
              <textarea
                id={id}
                rows={2}
                value={draft.system}
                maxLength={20_000}
                onChange={(event) => set({ system: event.target.value })}
                className="field !h-auto resize-y py-2"
              />
            )}
          </Field>
        </div>
      )}
    </div>
  </details>
)

const Field = ({ label, children }: { label: string; children: (id: string) => React.ReactNode }) => {
  const id = useId()
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-xs text-ink-2">
        {label}
      </label>
      {children(id)}
    </div>
  )
}

type NumberProps = {
  label: string
  value: number
  min: number
  max: number
  step?: number
  onChange: (value: number) => void
}

/** Keeps what is typed within its bounds. */
const NumberField = ({ label, value, min, max, step = 1, onChange }: NumberProps) => (
  <Field label={label}>
    {(id) => (
      <input
        id={id}
        type="number"
        {...{ min, max, step, value }}
        onChange={({ target }) => {
          const next = target.valueAsNumber
          if (Number.isFinite(next)) onChange(Math.min(max, Math.max(min, step === 1 ? Math.round(next) : next)))
        }}
        className="field"
      />
    )}
  </Field>
)

const mostBytes = 4 * 1024 * 1024

const ImageField = ({ image, onChange }: { image: string; onChange: (image: string) => void }) => {
  const read = async (file: File | undefined) => {
    if (!file || file.size > mostBytes || !/^image\/(png|jpeg)$/.test(file.type)) return onChange('')
    const bytes = new Uint8Array(await file.arrayBuffer())
    onChange(btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')))
  }
  const type = image.startsWith('/9j/') ? 'jpeg' : 'png'
  return (
    <div>
      <Field label="Picture, PNG or JPEG up to 4 MB">
        {(id) => (
          <input
            id={id}
            type="file"
            accept="image/png,image/jpeg"
            onChange={(event) => void read(event.target.files?.[0])}
            className="touch block w-full text-sm file:mr-3 file:rounded-md file:border file:border-line-strong file:bg-surface file:px-3 file:py-1.5 file:text-ink"
          />
        )}
      </Field>
      {image && (
        <img
          src={`data:image/${type};base64,${image}`}
          alt="What will be classified"
          className="mt-2 max-h-40 rounded-md"
        />
      )}
    </div>
  )
}
