import pg from 'pg'

/** A lock that no running Ponder renews keeps the next one waiting for 25 s; call this only when none runs on the schema. */
export async function unlock(databaseUrl: string, schema: string): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    if (!(await hasMeta(client, schema))) return
    await client.query(
      `update ${schema}._ponder_meta set value = jsonb_set(value::jsonb, '{is_locked}', '0') where key = 'app'`,
    )
  })
}

/** Drops Ponder's cache of blocks where it is of another (reset) development chain; `mark` is the hash of a block that tells chains apart. */
export async function forgetOtherChain(databaseUrl: string, mark: string): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ mark: string | null }>(
      `select obj_description(oid, 'pg_namespace') as mark from pg_namespace where nspname = 'ponder_sync'`,
    )
    if (rows[0] && rows[0].mark !== mark) await client.query('drop schema ponder_sync cascade')
    if (rows[0]?.mark === mark) return
    await client.query('create schema if not exists ponder_sync')
    await client.query(`comment on schema ponder_sync is '${mark.replaceAll("'", '')}'`)
  })
}

/** Nothing renewed its lock for that long: nobody indexes into it any more. */
const abandonedAfterMs = 3_600_000

/** Drops what earlier versions of the indexer left behind. */
export async function dropAbandoned(databaseUrl: string, current: string): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select nspname as name from pg_namespace where nspname ~ '^idx_[0-9a-f]{16}$' and nspname <> $1`,
      [current],
    )
    for (const { name } of rows) {
      if (await isAbandoned(client, name)) await client.query(`drop schema ${name} cascade`)
    }
  })
}

async function isAbandoned(client: pg.Client, schema: string): Promise<boolean> {
  if (!(await hasMeta(client, schema))) return false
  const { rows } = await client.query<{ at: string | null }>(
    `select value::jsonb ->> 'heartbeat_at' as at from ${schema}._ponder_meta where key = 'app'`,
  )
  return Number(rows[0]?.at ?? Date.now()) < Date.now() - abandonedAfterMs
}

const hasMeta = async (client: pg.Client, schema: string): Promise<boolean> =>
  (await client.query('select to_regclass($1) as found', [`${schema}._ponder_meta`])).rows[0]?.found !== null

async function withClient(databaseUrl: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  client.on('error', () => undefined)
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
