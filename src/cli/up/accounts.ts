import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Seed } from '../../catalog/index.ts'
import { BadInput, NotFound } from '../../core/index.ts'
import type { Account } from './Facts.ts'
import { type Home, writeJson } from './Home.ts'

/** Development people with a hub account, by the names of their keys. */
const people = [
  { name: 'dehug', fullname: 'DeHug fixtures' },
  { name: 'alice', fullname: 'Alice' },
  { name: 'bob', fullname: 'Bob' },
  { name: 'carol', fullname: 'Carol' },
] as const

/** The accounts of a new development network, each with a fresh hub token. Inference keys come when they are funded. */
export async function developmentAccounts(chainId: number): Promise<Account[]> {
  const { DevKeys } = await import('../../chain/index.ts')
  return people.map(({ name }) => {
    const { role, address } = DevKeys.get(name, chainId)
    return {
      name,
      role,
      address,
      token: `hf_${randomBytes(24).toString('base64url').replaceAll(/[-_]/g, 'x')}`,
      apiKey: null,
    }
  })
}

/** Where the hub finds the users it has to know when it starts. */
export const seedPath = (home: Home): string => `${home.dir}/seed.json`

/** Writes the development people and those of the person's own seed file for the hub. */
export async function writeSeed(home: Home, accounts: Account[], seedFile: string | undefined): Promise<void> {
  const own = seedFile === undefined ? undefined : await readSeed(seedFile)
  const users = accounts.map(({ name, address, token }) => ({
    name,
    fullname: people.find((person) => person.name === name)?.fullname ?? name,
    address,
    tokens: [{ token, name: 'development', scope: 'write' as const }],
  }))
  const seed: Seed = { users: [...users, ...(own?.users ?? [])], orgs: own?.orgs ?? [] }
  await writeJson(seedPath(home), seed, 0o600)
}

async function readSeed(path: string): Promise<Seed> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new NotFound(`The seed file ${path} cannot be read.`, {
      exitCode: 2,
      hint: 'Check the path given with --seed.',
      cause,
    })
  })
  const { parseSeed } = await import('../../catalog/index.ts')
  const seed = parseSeed(text)
  const taken = seed.users?.find((user) => people.some((person) => person.name === user.name.toLowerCase()))
  if (taken) {
    throw new BadInput(`The seed file names the user "${taken.name}", who is a development account already.`, {
      code: 'bad_seed',
      hint: `Choose names other than ${people.map((person) => person.name).join(', ')}.`,
    })
  }
  return seed
}
