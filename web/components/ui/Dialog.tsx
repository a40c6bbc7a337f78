'use client'
import { clsx } from 'clsx'
import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'

export type DialogProps = {
  title: string
  description?: ReactNode
  /** The button that opens it; without one `open` and `onOpenChange` steer it. */
  trigger?: ReactNode
  open?: boolean
  onOpenChange?: (open: boolean) => void
  /** `drawer` slides in from the right. */
  shape?: 'dialog' | 'drawer'
  children: ReactNode
}

const shapes = {
  dialog: 'left-1/2 top-1/2 max-h-[88dvh] w-[min(34rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 rounded-lg',
  drawer: 'inset-y-0 right-0 w-[min(32rem,100vw)]',
}

/** A dialog that holds the focus, closes with Escape and gives the focus back. */
export const Dialog = ({ title, description, trigger, shape = 'dialog', children, ...state }: DialogProps) => (
  <Radix.Root {...state}>
    {trigger && <Radix.Trigger asChild>{trigger}</Radix.Trigger>}
    <Radix.Portal>
      <Radix.Overlay className="fixed inset-0 z-50 bg-black/45" />
      <Radix.Content
        className={clsx(
          'fixed z-50 flex flex-col overflow-hidden border border-line bg-surface text-ink shadow-2xl',
          shapes[shape],
        )}
      >
        <div className="flex items-start justify-between gap-4 border-b border-line px-4 py-3">
          <div>
            <Radix.Title className="text-base font-semibold">{title}</Radix.Title>
            {description ? (
              <Radix.Description className="mt-0.5 text-sm text-ink-2">{description}</Radix.Description>
            ) : (
              <Radix.Description className="sr-only">{title}</Radix.Description>
            )}
          </div>
          <Radix.Close className="touch -mr-1 inline-flex size-8 items-center justify-center rounded-md text-ink-2 hover:bg-raised">
            <X className="size-4" aria-hidden />
            <span className="sr-only">Close</span>
          </Radix.Close>
        </div>
        <div className="overflow-y-auto p-4">{children}</div>
      </Radix.Content>
    </Radix.Portal>
  </Radix.Root>
)
