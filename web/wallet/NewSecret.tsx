import { CopyButton } from '@/components/ui/CopyButton.tsx'

/** A secret that is shown once. */
export const NewSecret = ({ secret, what }: { secret: string; what: string }) => (
  <div role="status" className="grid gap-1 rounded-md bg-good-soft p-3 text-sm">
    <p>
      Your new {what}. It is shown only now
      {what === 'inference key' ? ', and kept in this browser for the playground' : ''}.
    </p>
    <p className="flex items-center gap-1">
      <code className="break-all font-mono">{secret}</code>
      <CopyButton text={secret} what={what} />
    </p>
  </div>
)
