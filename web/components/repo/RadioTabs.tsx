import { Fragment, type ReactNode } from 'react'

type Tab = { name: string; content: ReactNode }

/** Tabs that work without JavaScript: a group of radio buttons and the panel of the chosen one. */
export const RadioTabs = ({ name, legend, tabs }: { name: string; legend: string; tabs: Tab[] }) => (
  <div className="radio-tabs">
    <style>
      {tabs
        .map((_, i) => `.radio-tabs:has(#${name}-${i}:checked)>.panels>:nth-child(${i + 1}){display:block}`)
        .join('')}
    </style>
    <fieldset className="relative flex min-w-0 gap-1 overflow-x-auto border-b border-line px-2">
      <legend className="sr-only">{legend}</legend>
      {tabs.map((tab, i) => (
        <Fragment key={tab.name}>
          <input
            type="radio"
            id={`${name}-${i}`}
            name={name}
            defaultChecked={i === 0}
            className="peer/tab absolute size-px opacity-0"
          />
          <label
            htmlFor={`${name}-${i}`}
            className="tab touch -mb-px inline-flex cursor-pointer items-center whitespace-nowrap border-b-2 border-transparent px-2 py-2 text-[0.8125rem] text-ink-2 hover:text-ink"
          >
            {tab.name}
          </label>
        </Fragment>
      ))}
    </fieldset>
    <div className="panels px-3 pb-2">
      {tabs.map((tab) => (
        <div key={tab.name}>{tab.content}</div>
      ))}
    </div>
  </div>
)
