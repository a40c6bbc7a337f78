'use client'
import type { ReactNode } from 'react'

/** Sends the form around it as soon as a field inside changes; without JavaScript its button does. */
export const SubmitOnChange = ({ children }: { children: ReactNode }) => (
  <span
    className="contents"
    onChange={(event) => event.target instanceof HTMLSelectElement && event.target.form?.requestSubmit()}
  >
    {children}
  </span>
)
