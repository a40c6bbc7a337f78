import { clsx } from 'clsx'
import type { ComponentProps } from 'react'
import { Link } from './Link.tsx'

export type ButtonLook = { variant?: 'primary' | 'secondary' | 'ghost' | 'danger'; size?: 'sm' | 'md' }

const variants = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong',
  secondary: 'border border-line-strong bg-surface text-ink hover:bg-raised',
  ghost: 'text-ink-2 hover:bg-raised hover:text-ink',
  danger: 'border border-bad text-bad hover:bg-bad-soft',
}
const sizes = { sm: 'h-8 px-2.5 text-[0.8125rem]', md: 'h-9 px-3.5 text-sm' }

/** The classes of a button, for what is no `<button>`. */
export const buttonClass = ({ variant = 'secondary', size = 'md' }: ButtonLook = {}, className?: string): string =>
  clsx(
    'touch inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md font-medium transition-colors',
    'disabled:pointer-events-none disabled:opacity-60 [&_svg]:size-4',
    variants[variant],
    sizes[size],
    className,
  )

/** A button; `type="button"` unless told. */
export const Button = ({ variant, size, className, ...props }: ComponentProps<'button'> & ButtonLook) => (
  <button type="button" className={buttonClass({ variant, size }, className)} {...props} />
)

/** A link that looks like a button. */
export const LinkButton = ({ variant, size, className, ...props }: ComponentProps<typeof Link> & ButtonLook) => (
  <Link className={buttonClass({ variant, size }, className)} {...props} />
)
