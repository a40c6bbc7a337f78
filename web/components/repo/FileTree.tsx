import { File, Folder as FolderIcon } from 'lucide-react'
import { Bytes, EmptyState, Hash, LinkButton, Table, Td, Th, TimeAgo } from '@/components/ui/index.ts'
import { Link } from '@/components/ui/Link.tsx'
import { href } from '@/lib/search-params.ts'
import { filePage, type Place } from './FilesBar.tsx'
import type { Digests, Folder } from './FilesPage.tsx'
import { ProofButton } from './ProofButton.tsx'

type Props = { place: Place; folder: Folder; digests: Digests | undefined }

/** Files and folders with sizes and digests. */
export const FileTree = ({ place, folder, digests }: Props) => {
  if (folder.entries.length === 0) {
    return <EmptyState title="There are no files here">Push some with git, huggingface_hub or dehug.</EmptyState>
  }
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center justify-between gap-2 text-sm text-ink-2">
        <p>
          Every file has the SHA-256 and CID that the manifest signs.{' '}
          {place.info.dehug?.anchored ? 'The newest version is on chain.' : 'The newest version is not on chain yet.'}
        </p>
        <ProofButton
          type={place.type}
          id={place.id}
          version={place.revision === 'main' ? (place.info.dehug?.root ?? 'main') : place.revision}
        />
      </div>
      <Table caption="Files">
        <thead>
          <tr>
            <Th>Name</Th>
            <Th className="text-right">Size</Th>
            <Th>SHA-256</Th>
            <Th className="hidden md:table-cell">Last change</Th>
          </tr>
        </thead>
        <tbody>
          {folder.entries.map((entry) => (
            <Row key={entry.path} entry={entry} place={place} digest={digests?.get(entry.path)} />
          ))}
        </tbody>
      </Table>
      {folder.next && (
        <nav aria-label="Pages" className="mt-3 flex justify-end">
          <LinkButton
            href={href(filePage({ ...place, revision: 'main' }, place.path), {
              revision: place.revision,
              cursor: folder.next,
            })}
          >
            More files
          </LinkButton>
        </nav>
      )}
    </>
  )
}

type RowProps = { entry: Folder['entries'][number]; place: Place; digest: { sha256: string } | undefined }

const Row = ({ entry, place, digest }: RowProps) => {
  const name = entry.path.slice(entry.path.lastIndexOf('/') + 1)
  const sha256 = entry.lfs?.oid ?? digest?.sha256
  const Icon = entry.type === 'directory' ? FolderIcon : File
  return (
    <tr className="hover:bg-raised/60">
      <Td className="max-w-64">
        <Link href={filePage(place, entry.path)} className="flex items-center gap-2 font-medium hover:underline">
          <Icon className="size-4 shrink-0 text-ink-3" aria-hidden />
          <span className="truncate">{name}</span>
        </Link>
      </Td>
      <Td numeric>{entry.type === 'file' && <Bytes size={entry.size} />}</Td>
      <Td className="!py-1">{sha256 && <Hash value={sha256} what={`SHA-256 of ${name}`} keep={6} />}</Td>
      <Td className="hidden max-w-72 md:table-cell">
        {entry.lastCommit && (
          <span className="flex gap-2 text-ink-2">
            <span className="truncate">{entry.lastCommit.title}</span>
            <span className="whitespace-nowrap text-ink-3">
              <TimeAgo at={entry.lastCommit.date} />
            </span>
          </span>
        )}
      </Td>
    </tr>
  )
}
