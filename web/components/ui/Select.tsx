import { clsx } from 'clsx'
import { ChevronDown } from 'lucide-react'
import type { ComponentProps } from 'react'

export type Option = { value: string; label: string }

/** The browser's own select: works in forms without JavaScript and on every device. Give it a label or `aria-label`. */
export const Select = ({ options, className, ...props }: ComponentProps<'select'> & { options: Option[] }) => (
  <span className={clsx('relative inline-flex', className)}>
    <select className="field appearance-none !pr-8" {...props}>
      {options.map(({ value, label }) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
    <ChevronDown
      className="pointer-events-none absolute right-2.5 top-1/2 size-4 -translate-y-1/2 text-ink-3"
      aria-hidden
    />
  </span>
)
