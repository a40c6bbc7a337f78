import { Inbox, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'

type StateProps = { title: string; children?: ReactNode; action?: ReactNode; icon?: ReactNode }

/** Nothing is there, and what to do about it. */
export const EmptyState = ({ title, children, action, icon }: StateProps) => (
  <div className="panel flex flex-col items-center gap-2 border-dashed px-6 py-10 text-center">
    <span className="text-ink-3 [&_svg]:size-6" aria-hidden>
      {icon ?? <Inbox />}
    </span>
    <p className="font-medium">{title}</p>
    {children && <div className="max-w-prose text-sm text-ink-2">{children}</div>}
    {action && <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
  </div>
)

/** Something failed: what, and the way out. */
export const ErrorState = ({ title, children, action }: StateProps) => (
  <div role="alert" className="panel flex flex-col items-center gap-2 px-6 py-10 text-center">
    <TriangleAlert className="size-6 text-bad" aria-hidden />
    <p className="font-medium">{title}</p>
    {children && <div className="max-w-prose text-sm text-ink-2">{children}</div>}
    {action && <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
  </div>
)
