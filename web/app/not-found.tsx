import { LinkButton } from '@/components/ui/index.ts'

const NotFound = () => (
  <div className="page py-20 text-center">
    <p className="text-sm text-ink-3">404</p>
    <h1 className="mt-1 text-2xl font-semibold">Nothing is here</h1>
    <p className="mx-auto mt-2 max-w-prose text-ink-2">
      The page does not exist, or you may not see it. If somebody shared it with you, sign in first.
    </p>
    <div className="mt-6 flex justify-center gap-2">
      <LinkButton href="/models" variant="primary">
        Browse models
      </LinkButton>
      <LinkButton href="/">Home</LinkButton>
    </div>
  </div>
)

export default NotFound
