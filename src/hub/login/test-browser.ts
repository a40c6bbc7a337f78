import { expect } from 'vitest'

/** A browser for tests: keeps cookies, follows no redirects, and sends the forms it was shown. */
export const testBrowser = (origin: string) => {
  const cookies = new Map<string, string>()
  let shown = ''

  const visit = async (
    path: string,
    options: { form?: Record<string, string>; headers?: Record<string, string> } = {},
  ) => {
    const answer = await fetch(new URL(path, origin), {
      method: options.form ? 'POST' : 'GET',
      redirect: 'manual',
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...options.headers,
      },
      ...(options.form ? { body: new URLSearchParams(options.form) } : {}),
    })
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = (line.split(';')[0] as string).split('=', 2)
      cookies.set(name as string, value as string)
    }
    shown = await answer.text()
    return { status: answer.status, headers: answer.headers, text: shown, location: answer.headers.get('location') }
  }

  /** The hidden fields of the form on the page that goes to `action`. */
  const fieldsOf = (action: string): Record<string, string> => {
    const form = shown
      .split('<form')
      .find((part) => part.includes('method="post"') && part.includes(`action="${action}"`))
    expect(form, `a form to ${action} on the page`).toBeDefined()
    const plain = (text: string) =>
      text.replace(
        /&(amp|lt|gt|quot|#39);/g,
        (_, name) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[name as 'lt'],
      )
    return Object.fromEntries(
      [...(form as string).matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]) => [
        plain(name as string),
        plain(value as string),
      ]),
    )
  }

  const submit = (action: string, fields: Record<string, string> = {}) =>
    visit(action, { form: { ...fieldsOf(action), ...fields } })

  /** Signs in with a token on the sign-in page. */
  const signIn = async (token: string, next = '/login') => {
    await visit(`/login?${new URLSearchParams({ next })}`)
    return submit('/login', { token, message: '', signature: '' })
  }

  return { cookies, visit, fieldsOf, submit, signIn }
}

export type TestBrowser = ReturnType<typeof testBrowser>
