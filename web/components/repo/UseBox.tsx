import { CodeBlock } from '@/components/card/CodeBlock.tsx'
import { originOfVisitor } from '@/lib/origin.ts'
import type { RepoInfo, RepoType } from '@/lib/types.ts'
import { snippetsFor } from '@/lib/use-snippets.ts'
import { RadioTabs } from './RadioTabs.tsx'

/** How to get at it, in the words of each tool. */
export const UseBox = async ({ type, info }: { type: RepoType; info: RepoInfo }) => {
  const snippets = snippetsFor(type, info, await originOfVisitor())
  return (
    <section aria-label="Use" id="use" className="panel">
      <RadioTabs
        name="use"
        legend="Use it with"
        tabs={snippets.map(({ name, language, code, note }) => ({
          name,
          content: (
            <>
              <CodeBlock code={code} language={language} label={`code for ${name}`} />
              {note && <p className="text-xs text-ink-2">{note}</p>}
            </>
          ),
        }))}
      />
    </section>
  )
}
