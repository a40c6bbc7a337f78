import { clsx } from 'clsx'
import { type ReactNode, useId } from 'react'

/** A named part of the wizard. */
export const Section = ({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) => {
  const id = useId()
  return (
    <section aria-labelledby={id} className="panel grid gap-4 p-4">
      <div>
        <h2 id={id} className="font-semibold">
          {title}
        </h2>
        {note && <p className="text-sm text-ink-2">{note}</p>}
      </div>
      {children}
    </section>
  )
}

/** A labelled control with its remark or its problem. */
export const Field = ({
  label,
  note,
  problem,
  children,
}: {
  label: string
  note?: ReactNode
  problem?: string | undefined
  children: (props: { id: string; 'aria-describedby': string; 'aria-invalid': boolean }) => ReactNode
}) => {
  const id = useId()
  return (
    <div className="grid content-start gap-1 text-sm">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {children({ id, 'aria-describedby': `${id}-note`, 'aria-invalid': problem !== undefined })}
      <p id={`${id}-note`} className={problem === undefined ? 'text-xs text-ink-3' : 'text-xs text-bad'}>
        {problem ?? note}
      </p>
    </div>
  )
}

type NumberProps = {
  label: string
  note?: ReactNode
  min?: number
  max: number
  /** Whole numbers where it is 1. */
  step?: number
  value: number
  disabled?: boolean
  /** Of the control, such as its width. */
  className?: string
  onValue: (value: number) => void
}

/** A labelled number that stays within its bounds, whatever is typed. */
export const NumberField = ({
  label,
  note,
  min = 0,
  max,
  step = 1,
  value,
  onValue,
  className,
  ...rest
}: NumberProps) => (
  <Field label={label} note={note}>
    {(props) => (
      <input
        {...props}
        {...rest}
        {...{ min, max, step, value }}
        className={clsx('field num', className)}
        type="number"
        onChange={({ target }) => {
          const bounded = Math.min(max, Math.max(min, Number(target.value)))
          onValue(step === 1 ? Math.floor(bounded) : bounded)
        }}
      />
    )}
  </Field>
)
