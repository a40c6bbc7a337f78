import { createHash } from 'node:crypto'
import { startTestHub, type TestHub, tokens } from './start-test-hub.ts'

export type Options = { token?: string | undefined; headers?: Record<string, string>; body?: BodyInit }
export type Line = { key: string; value: unknown }

/** One line of a commit body each. */
export const header = (parentCommit?: string): Line => ({
  key: 'header',
  value: { summary: 'a change', parentCommit },
})
export const file = (path: string, content: string): Line => ({
  key: 'file',
  value: { path, content: Buffer.from(content).toString('base64'), encoding: 'base64' },
})
export const lfs = (path: string, { oid, size }: { oid: string; size: number }): Line => ({
  key: 'lfsFile',
  value: { path, algo: 'sha256', oid, size },
})

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** What a failed answer says; its headers must say the same as its body. */
export const problem = async (answer: Response) => {
  const body = (await answer.json()) as { error: string; code: string }
  const message = answer.headers.get('x-error-message')
  if (message !== body.error.replace(/[^\x20-\x7e\xa0-\xff]/g, '?').slice(0, 1000)) {
    throw new Error(`The header says "${message}" and the body "${body.error}".`)
  }
  return { status: answer.status, code: body.code, header: answer.headers.get('x-error-code'), error: body.error }
}

/** A test hub with the repositories `ada/open` and the private `lab/secret`, and short hands for talking to it. */
export const startHubClient = async (limits: NonNullable<Parameters<typeof startTestHub>[0]>['limits'] = {}) => {
  const hub: TestHub = await startTestHub({ limits })
  const send = (method: string, path: string, { token, headers, body }: Options = {}) =>
    fetch(hub.url + path, {
      method,
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
      ...(body === undefined ? {} : { body }),
    })
  const json = (method: string, path: string, value: unknown, token: string | undefined = tokens.ada) =>
    send(method, path, { token, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) })
  const commit = (lines: Line[], repo = 'ada/open', token: string | undefined = tokens.ada) =>
    send('POST', `/api/models/${repo}/commit/main`, {
      token,
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.map((line) => JSON.stringify(line)).join('\n'),
    })
  const filesOf = async (repo = 'ada/open', token: string | undefined = tokens.ada) => {
    const body = await (await send('GET', `/api/models/${repo}`, { token })).json()
    return body.siblings.map(({ rfilename }: { rfilename: string }) => rfilename) as string[]
  }
  const batch = async (bytes: Uint8Array, repo: string, token: string) => {
    const object = { oid: sha256(bytes), size: bytes.length }
    const wish = { operation: 'upload', transfers: ['basic', 'multipart'], objects: [object], hash_algo: 'sha256' }
    const answer = await send('POST', `/${repo}.git/info/lfs/objects/batch`, {
      token,
      headers: { 'content-type': 'application/vnd.git-lfs+json' },
      body: JSON.stringify(wish),
    })
    const body = await answer.json()
    return { object, actions: body.objects?.[0].actions, status: answer.status }
  }
  const upload = async (bytes: Uint8Array, repo: string, token: string) => {
    const { object, actions } = await batch(bytes, repo, token)
    const put = await fetch(actions.upload.href, { method: 'PUT', body: Buffer.from(bytes) })
    const verify = await json('POST', new URL(actions.verify.href).pathname, object, token)
    if (!put.ok || !verify.ok) throw new Error(`upload ${put.status}, verify ${verify.status}`)
    return object
  }
  await json('POST', '/api/repos/create', { name: 'open' })
  await json('POST', '/api/repos/create', { name: 'secret', organization: 'lab', visibility: 'private' })
  return { ...hub, send, json, commit, filesOf, batch, upload }
}
