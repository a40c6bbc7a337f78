import { expect, test } from 'vitest'
import { screen } from './testing.ts'

test('behavior: --help names every verb, one line each', async () => {
  const { stdout, exitCode } = await screen(['--help'])
  expect(exitCode).toBe(0)
  const verbs = [...stdout.matchAll(/^ {2}([a-z]+)(?: \[| <|\s)/gm)].map(([, verb]) => verb)
  expect(verbs).toEqual(
    'login whoami logout token push anchor pull verify import export price quote run chat serve receipts channel withdraw earnings claim audit doctor up hub gateway worker indexer help'.split(
      ' ',
    ),
  )
})

test('error: an unknown verb, option or number is a usage error with exit code 2', async () => {
  expect(await screen(['pusch'])).toMatchInlineSnapshot(`
    {
      "exitCode": 2,
      "stderr": "error: unknown command 'pusch'
    (Did you mean push?)
    Run dehug --help to see all verbs.
    ",
      "stdout": "",
    }
  `)
  expect((await screen(['quote', 'a/b', '--max-tokens', 'many'])).stderr).toMatchInlineSnapshot(`
    "error: option '--max-tokens <n>' argument 'many' is invalid. expected a whole number.
    Run dehug --help to see all verbs.
    "
  `)
  expect((await screen(['pull', 'a/b', '--type', 'space-ship'])).exitCode).toBe(2)
})

test('error: messages come with the way out, and as one JSON line under --json', async () => {
  const args = ['push', '/nonexistent/folder', 'alice/model']
  const env = { DEHUG_PRIVATE_KEY: `0x${'11'.repeat(32)}` }
  expect(await screen(args, { env })).toMatchInlineSnapshot(`
    {
      "exitCode": 2,
      "stderr": "Error: /nonexistent/folder is not a folder.
    Hint: Give the folder that holds the files to publish.
    ",
      "stdout": "",
    }
  `)
  const { stdout, exitCode } = await screen([...args, '--json'], { env })
  expect(exitCode).toBe(2)
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'not_a_folder', exitCode: 2 } })
})

test('error: what is missing is said with the command that makes it', async () => {
  expect((await screen(['push', '.', 'alice/model'])).stderr).toMatchInlineSnapshot(`
    "Error: This needs your key, to sign with.
    Hint: Run \`dehug login\`, or set DEHUG_PRIVATE_KEY.
    "
  `)
  expect((await screen(['run', 'a/b', 'hi'])).stderr).toMatchInlineSnapshot(`
    "Error: This needs an inference key, which says who pays.
    Hint: Make one with \`dehug channel fund 5\`, or set DEHUG_API_KEY.
    "
  `)
  expect((await screen(['whoami', '--endpoint', 'http://127.0.0.1:1'], {})).stderr).toMatchInlineSnapshot(`
    "Error: http://127.0.0.1:1 cannot be reached (fetch failed).
    Hint: Start a network with \`dehug up\`, or set DEHUG_ENDPOINT to the origin of a hub.
    "
  `)
  expect((await screen(['whoami', '--endpoint', 'hub.example'])).stderr).toMatchInlineSnapshot(`
    "Error: "hub.example" is not the address of a hub.
    Hint: Write it like http://127.0.0.1:4800, in --endpoint or DEHUG_ENDPOINT.
    "
  `)
})

test('error: bad names, versions, amounts and addresses are refused before anything is asked', async () => {
  const stderr = async (...args: string[]) => (await screen(args)).stderr
  expect(await stderr('pull', 'nothing')).toMatchInlineSnapshot(`
    "Error: "nothing" is not a repository name: expected "namespace/name".
    Hint: Write it like "namespace/name", for example "dehug/tiny-chat".
    "
  `)
  expect(await stderr('pull', 'a/b@../c')).toMatchInlineSnapshot(`
    "Error: "../c" is not a version.
    Hint: Use a 0x root of 64 digits, a commit of 40 digits, or a tag.
    "
  `)
  expect(await stderr('withdraw', '1.0000001')).toMatchInlineSnapshot(`
    "Error: "1.0000001" is not an amount of USDC.
    Hint: Write it like "1.50"; the smallest unit is 0.000001.
    "
  `)
  expect(await stderr('withdraw', '1', '--to', 'me')).toMatchInlineSnapshot(`
    "Error: "me" is not an address.
    Hint: Give 0x and 40 hexadecimal digits.
    "
  `)
  expect(await stderr('channel', 'fund', '1', '--expires', 'soon')).toMatchInlineSnapshot(`
    "Error: "soon" is not a time span.
    Hint: Write it like 12h, 30d or 2w.
    "
  `)
})
