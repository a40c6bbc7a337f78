import { Download, FileText } from 'lucide-react'
import type { ReactNode } from 'react'
import { renderCard } from '@/components/card/Card.tsx'
import { CodeBlock } from '@/components/card/CodeBlock.tsx'
import { Bytes, buttonClass, EmptyState, Hash } from '@/components/ui/index.ts'
import { textOf } from '@/lib/file.ts'
import { languageOf } from '@/lib/highlight.ts'
import { pagePath, resolvePath } from '@/lib/repo-path.ts'
import { weightsOf } from '@/lib/weights.ts'
import type { Place } from './FilesBar.tsx'
import { ProofButton } from './ProofButton.tsx'
import { Tensors } from './Tensors.tsx'

/** More text than this is not shown but downloaded. */
const maxText = 200_000

/** Longer Markdown is shown as its text. */
const maxRendered = 150_000

type Props = { place: Place; size: number; digest: { sha256: string; cid: string } | undefined }

/** One file: its digests, its proof, and what can be seen of it. */
export const FileView = async ({ place, size, digest }: Props) => (
  <>
    <div className="panel mb-4 flex flex-wrap items-center justify-between gap-x-6 gap-y-3 px-4 py-3 text-sm">
      <dl className="flex flex-wrap gap-x-6 gap-y-2">
        <Fact label="Size">
          <Bytes size={size} />
        </Fact>
        {digest && (
          <>
            <Fact label="SHA-256">
              <Hash value={digest.sha256} what="SHA-256" keep={8} />
            </Fact>
            <Fact label="CID">
              <Hash value={digest.cid} what="CID" keep={8} href={`/ipfs/${digest.cid}`} />
            </Fact>
          </>
        )}
      </dl>
      <div className="flex gap-2">
        <ProofButton
          type={place.type}
          id={place.id}
          version={place.revision === 'main' ? (place.info.dehug?.root ?? 'main') : place.revision}
          path={place.path}
        />
        <a
          href={`${resolvePath(place.type, place.id, place.revision, place.path)}?download=true`}
          className={buttonClass({ variant: 'primary', size: 'sm' })}
        >
          <Download aria-hidden /> Download
        </a>
      </div>
    </div>
    <Contents place={place} size={size} />
  </>
)

const Fact = ({ label, children }: { label: string; children: ReactNode }) => (
  <div>
    <dt className="text-xs text-ink-3">{label}</dt>
    <dd>{children}</dd>
  </div>
)

const pictures = /\.(png|jpe?g|gif|webp|avif|bmp|ico)$/i
const sounds = /\.(wav|mp3|ogg|flac|m4a)$/i
const texts =
  /(^|\/)(LICENSE|NOTICE|COPYING|Makefile|Dockerfile|SHA256SUMS|\.[\w-]+)$|\.(txt|md|jsonl?|ya?ml|toml|py|js|ts|sh|csv|tsv|html?|css|xml|ini|cfg|jinja|model|vocab|merges|gitattributes|rs|cpp|h|diff|patch)$/i

const Contents = async ({ place, size }: { place: Place; size: number }) => {
  const { path } = place
  const url = resolvePath(place.type, place.id, place.revision, path)
  if (/\.(safetensors|gguf)$/.test(path)) return <Weights place={place} />
  if (pictures.test(path)) {
    return <img src={url} alt={path} className="panel max-h-[70vh] max-w-full p-2" />
  }
  if (sounds.test(path)) {
    // biome-ignore lint/a11y/useMediaCaption: a file of the repository; nobody wrote captions for it
    return <audio controls src={url} className="w-full" aria-label={path} />
  }
  if (!texts.test(path)) return <NothingToSee />
  return <Text place={place} size={size} />
}

const Text = async ({ place, size }: { place: Place; size: number }) => {
  const found = size === 0 ? undefined : await textOf(place, maxText)
  if (!found || found.text.includes('\0')) return <NothingToSee />
  if (/\.md$/i.test(place.path) && found.text.length <= maxRendered) {
    const base = pagePath(place.type, place.id)
    const { content } = renderCard(found.text, { type: place.type, id: place.id, revision: place.revision, base })
    return <div className="panel p-5">{content}</div>
  }
  return (
    <>
      <CodeBlock code={found.text} language={languageOf(place.path)} label="file" />
      {found.cut && <p className="text-sm text-ink-2">The file goes on; download it to see the rest.</p>}
    </>
  )
}

const NothingToSee = () => (
  <EmptyState title="This file is not shown here" icon={<FileText />}>
    It is binary, empty, or larger than a page should be. Download it, or verify it against the chain.
  </EmptyState>
)

const Weights = async ({ place }: { place: Place }) => {
  const facts = await weightsOf(place)
  return facts ? <Tensors facts={facts} /> : <NothingToSee />
}
