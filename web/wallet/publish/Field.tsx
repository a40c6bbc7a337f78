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
