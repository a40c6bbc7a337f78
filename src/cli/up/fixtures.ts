import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { RepoId } from '../../core/index.ts'
import { packageRoot } from './roles.ts'

/** A repository that is published on first boot. */
export type Fixture = { folder: string; repo: RepoId.RepoId }

export const fixturesDir = join(packageRoot, 'fixtures')

/** The folders of `fixtures/`: models, and what is called dataset. */
export async function fixtures(names?: string[]): Promise<Fixture[]> {
  const entries = await readdir(fixturesDir, { withFileTypes: true })
  const found = entries.filter((entry) => entry.isDirectory() && (names?.includes(entry.name) ?? true))
  return found.map(({ name }) => ({
    folder: join(fixturesDir, name),
    repo: RepoId.parse(`dehug/${name}`, name.includes('dataset') ? 'dataset' : 'model'),
  }))
}
