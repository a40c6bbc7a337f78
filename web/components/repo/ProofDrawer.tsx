'use client'
import { type ReactNode, useEffect, useState } from 'react'
import { Dialog } from '@/components/ui/Dialog.tsx'
import { Hash } from '@/components/ui/Hash.tsx'
import { Skeleton } from '@/components/ui/Skeleton.tsx'
import { counted } from '@/lib/format.ts'
import { HubError } from '@/lib/HubError.ts'
import { hubJson } from '@/wallet/session.ts'
import type { ProofOf } from './ProofButton.tsx'
import { VerifyButton } from './VerifyButton.tsx'

type Anchor = { manifest: string; cid: string; root: string; anchored: boolean; tx: string | null }
type Manifest = {
  commit: string
  fileCount: number
  author: string
  delegated?: true
  createdAt: number
  files: { path: string; size: number; sha256: string; cid: string }[]
}

type Props = ProofOf & { open: boolean; onOpenChange: (open: boolean) => void }

/** From a file's bytes to the chain, step by step: manifest, root, signature, transaction. */
export const ProofDrawer = ({ type, id, version, path, open, onOpenChange }: Props) => {
  const [anchor, setAnchor] = useState<Anchor | HubError>()
  useEffect(() => {
    hubJson<Anchor>(`/api/dehug/manifest/${type}/${id}/${version}`).then(setAnchor, (error) =>
      setAnchor(error instanceof HubError ? error : new HubError(0, { detail: 'The hub does not answer.' })),
    )
  }, [type, id, version])
  return (
    <Dialog
      shape="drawer"
      title={path === undefined ? 'Proof of this version' : `Proof of ${path}`}
      description="Nothing here has to be believed: every line can be computed again."
      open={open}
      onOpenChange={onOpenChange}
    >
      {anchor === undefined && <Waiting />}
      {anchor instanceof HubError && <NotYet error={anchor} />}
      {anchor !== undefined && !(anchor instanceof HubError) && (
        <>
          <Steps anchor={anchor} path={path} />
          <VerifyButton type={type} id={id} root={anchor.root} path={path} />
        </>
      )}
    </Dialog>
  )
}

const Waiting = () => (
  <div role="status" className="flex flex-col gap-3">
    <span className="sr-only">Loading…</span>
    {[0, 1, 2, 3].map((key) => (
      <Skeleton key={key} className="h-14" />
    ))}
  </div>
)

const NotYet = ({ error }: { error: HubError }) => (
  <div>
    <p className="font-medium">There is no anchored version of this yet.</p>
    <p className="mt-1 text-sm text-ink-2">{error.message}</p>
    {error.hint && <p className="mt-1 text-sm text-ink-2">{error.hint}</p>}
  </div>
)

const Steps = ({ anchor, path }: { anchor: Anchor; path: string | undefined }) => {
  const manifest = JSON.parse(anchor.manifest) as Manifest
  const file = path === undefined ? undefined : manifest.files.find((candidate) => candidate.path === path)
  return (
    <ol className="flex flex-col gap-4 border-l border-line pl-4">
      {file && (
        <Step title="The file" text="Its bytes have these digests.">
          <Hash value={file.sha256} what="SHA-256" keep={10} />
          <Hash value={file.cid} what="CID" keep={10} />
        </Step>
      )}
      <Step
        title="The manifest"
        text={`Lists ${counted(manifest.fileCount, 'file')} with size, SHA-256 and CID. Its own bytes have this CID.`}
      >
        <Hash value={anchor.cid} what="manifest CID" keep={10} href={`/ipfs/${anchor.cid}`} />
      </Step>
      <Step title="The root" text="The Merkle root over all of these files.">
        <Hash value={anchor.root} what="root" keep={10} />
      </Step>
      <Step
        title="The signature"
        text={`Signed ${manifest.delegated ? 'by a delegate whom the owner allowed' : 'by its author'} on ${new Date(manifest.createdAt).toISOString().slice(0, 10)}.`}
      >
        <Hash value={manifest.author} what="author" href={`/u/${manifest.author}`} keep={8} />
      </Step>
      <Step
        title={anchor.anchored ? 'The chain' : 'Waiting for the chain'}
        text={
          anchor.anchored
            ? 'The registry contract holds the root; this transaction put it there.'
            : 'The root is not on chain yet.'
        }
      >
        {anchor.tx && <Hash value={anchor.tx} what="transaction" keep={10} />}
      </Step>
    </ol>
  )
}

const Step = ({ title, text, children }: { title: string; text: string; children: ReactNode }) => (
  <li>
    <h3 className="text-sm font-semibold">{title}</h3>
    <p className="text-sm text-ink-2">{text}</p>
    <div className="mt-1 flex flex-wrap gap-x-3">{children}</div>
  </li>
)
