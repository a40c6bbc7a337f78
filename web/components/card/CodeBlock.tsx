import { CopyButton } from '@/components/ui/CopyButton.tsx'
import { highlighted } from '@/lib/highlight.ts'

type Props = { code: string; language?: string; label?: string }

/** Code in colours, which scrolls inside its frame and can be copied. The HTML is shiki's, which escapes the code. */
export const CodeBlock = async ({ code, language = 'text', label = 'code' }: Props) => {
  const text = code.replace(/\n$/, '')
  const html = await highlighted(text, language)
  return (
    <div className="group relative my-3 overflow-hidden rounded-lg border border-line bg-surface">
      {html ? (
        <div className="code" dangerouslySetInnerHTML={{ __html: html }} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <pre tabIndex={0} className="overflow-x-auto p-3 pr-11 font-mono text-[0.8125rem] leading-relaxed">
          {text}
        </pre>
      )}
      <CopyButton text={text} what={label} className="absolute right-1.5 top-1.5 bg-surface" />
    </div>
  )
}
