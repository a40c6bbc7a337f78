'use client'
import { Select } from '@/components/ui/Select.tsx'
import type { CardFields } from './card.ts'
import type { Detected } from './detect.ts'
import { Field } from './Field.tsx'

type Props = {
  type: 'model' | 'dataset'
  fields: CardFields
  body: string
  detected: Detected
  disabled: boolean
  onFields: (fields: CardFields) => void
  onBody: (body: string) => void
}

const relations = [
  { value: 'finetune', label: 'fine-tuned from' },
  { value: 'adapter', label: 'adapter for' },
  { value: 'quantized', label: 'quantized from' },
  { value: 'merge', label: 'merged from' },
  { value: 'fork', label: 'fork of' },
]

/** What the card says: fields of its front matter, and its text. */
export const CardSection = ({ type, fields, body, detected, disabled, onFields, onBody }: Props) => {
  const set = (change: Partial<CardFields>) => onFields({ ...fields, ...change })
  const found = (value: string | undefined) => (value ? `Read from the files: ${value}` : 'Not said by the files.')
  return (
    <fieldset disabled={disabled} className="grid gap-4">
      <legend className="sr-only">Card</legend>
      <div className="grid gap-4 md:grid-cols-2">
        <Field label="Task" note={found(detected.task)}>
          {(props) => (
            <input {...props} className="field" value={fields.task} onChange={(e) => set({ task: e.target.value })} />
          )}
        </Field>
        <Field label="Library" note={found(detected.library)}>
          {(props) => (
            <input
              {...props}
              className="field"
              value={fields.library}
              onChange={(e) => set({ library: e.target.value })}
            />
          )}
        </Field>
        {type === 'model' && (
          <>
            <Field label="Base models" note="Names like lab/base, with commas between. They earn of what this earns.">
              {(props) => (
                <input
                  {...props}
                  className="field"
                  value={fields.baseModels}
                  onChange={(e) => set({ baseModels: e.target.value })}
                />
              )}
            </Field>
            <Field label="It is" note="How this came of its base models.">
              {(props) => (
                <Select
                  {...props}
                  options={relations}
                  value={fields.relation}
                  onChange={(e) => set({ relation: e.target.value as CardFields['relation'] })}
                />
              )}
            </Field>
          </>
        )}
      </div>
      <Field label="Text of the card" note="Markdown. It becomes README.md.">
        {(props) => (
          <textarea
            {...props}
            className="field !h-44 py-2 font-mono"
            value={body}
            onChange={(e) => onBody(e.target.value)}
          />
        )}
      </Field>
    </fieldset>
  )
}
