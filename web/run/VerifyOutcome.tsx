'use client'
import { Hash } from '@/components/ui/Hash.tsx'
import { Link } from '@/components/ui/Link.tsx'
import { Table, Td, Th } from '@/components/ui/Table.tsx'
import { Verdict } from './Verdict.tsx'
import type { Expected, Found } from './verify-files.ts'

const words = {
  right: 'as published',
  damaged: 'other bytes than published',
  stranger: 'not in this version',
}

/** What was found about files and the version they were compared with. */
export const VerifyOutcome = ({ expected, found }: { expected: Expected; found: Found[] }) => {
  const { manifest, chain } = expected
  const bad = found.filter(({ kind }) => kind !== 'right')
  const [type = '', id = ''] = manifest.repo.split(':')
  const good =
    found.length === 0
      ? 'The manifest holds together.'
      : found.length === 1
        ? 'The file is what was published.'
        : `All ${found.length} files are what was published.`
  return (
    <div className="space-y-4">
      <Verdict
        holds={bad.length === 0}
        good={good}
        bad={`Refused: ${bad.length} of ${found.length} ${found.length === 1 ? 'file is' : 'files are'} not what was published.`}
      />
      <p className="text-sm">
        Compared with{' '}
        <Link href={type === 'dataset' ? `/datasets/${id}` : `/${id}`} className="link">
          {id}
        </Link>
        , version <Hash value={manifest.root} what="root" />,{' '}
        {chain === 'anchored'
          ? 'which the chain has: this browser asked its node.'
          : 'which could not be looked up on chain now: only the manifest you gave was used.'}
      </p>
      {found.length > 0 && (
        <Table caption="Files and what they are">
          <thead>
            <tr>
              <Th>File</Th>
              <Th>Outcome</Th>
              <Th>SHA-256</Th>
            </tr>
          </thead>
          <tbody>
            {found.map((one) => (
              <tr key={one.path}>
                <Td className="break-all">
                  {one.path}
                  {one.kind !== 'stranger' && one.as !== one.path && (
                    <span className="block text-xs text-ink-2">published as {one.as}</span>
                  )}
                </Td>
                <Td className={one.kind === 'right' ? 'text-good' : 'text-bad'}>{words[one.kind]}</Td>
                <Td>
                  <Hash value={one.sha256} what="SHA-256" />
                  {one.kind === 'damaged' && (
                    <span className="block text-xs text-ink-2">
                      published: <Hash value={one.promised} what="published SHA-256" />
                    </span>
                  )}
                </Td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </div>
  )
}
