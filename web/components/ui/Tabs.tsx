'use client'
import { clsx } from 'clsx'
import { Tabs as Radix } from 'radix-ui'
import type { ReactNode } from 'react'

export type Tab = { value: string; label: ReactNode; content: ReactNode }

/** Tabs inside a page. Tabs that are pages of their own are `LinkTabs`. */
export const Tabs = ({ tabs, label, className }: { tabs: Tab[]; label: string; className?: string }) => (
  <Radix.Root defaultValue={tabs[0]?.value} className={className}>
    <Radix.List aria-label={label} className="flex gap-1 overflow-x-auto border-b border-line px-2">
      {tabs.map(({ value, label }) => (
        <Radix.Trigger
          key={value}
          value={value}
          className={clsx(
            'touch -mb-px whitespace-nowrap border-b-2 border-transparent px-2 py-2 text-[0.8125rem] text-ink-2 hover:text-ink',
            'data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink',
          )}
        >
          {label}
        </Radix.Trigger>
      ))}
    </Radix.List>
    {tabs.map(({ value, content }) => (
      <Radix.Content key={value} value={value} className="p-3">
        {content}
      </Radix.Content>
    ))}
  </Radix.Root>
)
