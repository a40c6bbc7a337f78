import { CodeBlock } from '@/components/card/CodeBlock.tsx'
import { find } from '@/lib/hub.ts'
import type { RepoInfo, RepoType } from '@/lib/types.ts'

const maxFiles = 5000

/** What the signed manifest says about the license, for programs. */
export const MachineTerms = async ({ type, info }: { type: RepoType; info: RepoInfo }) => {
  // The manifest lists every file; that of a huge repository is no reading for a page.
  const found =
    (info.siblings?.length ?? 0) <= maxFiles &&
    (await find<{ manifest: string; cid: string }>(`/api/dehug/manifest/${type}/${info.id}/head`, { as: 'visitor' }))
  const license = found && (JSON.parse(found.manifest) as { license: unknown }).license
  return (
    <section aria-labelledby="machine-terms">
      <h2 id="machine-terms" className="font-semibold">
        Machine terms
      </h2>
      {found ? (
        <>
          <p className="mt-1 text-sm text-ink-2">
            As the owner signed them in the{' '}
            <a href={`/ipfs/${found.cid}`} className="link">
              manifest
            </a>
            .
          </p>
          <CodeBlock code={JSON.stringify(license, null, 2)} language="json" label="machine terms" />
        </>
      ) : (
        <p className="mt-1 text-sm text-ink-2">
          {found === undefined
            ? 'No version is signed yet, so there are no signed terms.'
            : 'They are in the manifest, which is too long to read here.'}
        </p>
      )}
    </section>
  )
}
