import { z } from 'zod'

const name = z.string().min(1).max(200)
const commit = z.string().regex(/^[0-9a-f]{40}$/)
const bytes32 = z.string().regex(/^0x[0-9a-f]{64}$/)

const common = {
  /** `type:ns/name` as it is called there, in the letters given. */
  repo: name,
  /** The commit it holds there. */
  commit,
  /** What the repository says about its license, word for word; null where it says nothing. */
  license: z.string().max(200).nullable(),
  /** False where the importer left files out. */
  complete: z.boolean(),
  /** Unix time in ms. */
  importedAt: z.int().min(0),
  /** The author of the manifest only keeps it: free, and without royalties, until its origin claims it with proof. */
  custodian: z.literal(true),
}

export const schema = z.discriminatedUnion('kind', [
  /** From a hub, whose digests the files were compared with. */
  z.strictObject({
    kind: z.literal('hub'),
    endpoint: z
      .string()
      .max(512)
      .regex(/^https?:\/\/\S+$/),
    ...common,
  }),
  /** From a bundle, whose manifest had this root on this chain, as its signature says. */
  z.strictObject({
    kind: z.literal('bundle'),
    root: bytes32,
    manifestCid: z.string().max(128),
    chainId: z.int(),
    ...common,
  }),
])

/** Where a version was imported from by somebody who did not make it. */
export type Source = z.infer<typeof schema>

/** One line for people. */
export const describe = (source: Source): string => {
  const from = source.kind === 'hub' ? `from ${source.endpoint}` : `from a bundle of chain ${source.chainId}`
  return `import of ${source.repo}@${source.commit} ${from}${source.complete ? '' : ', in part'}; unclaimed, kept by a custodian`
}
