/** What Next gives a page as its query. */
export type SearchParams = Promise<Record<string, string | string[] | undefined>>

/** The first value of a parameter, trimmed; undefined where it is missing or empty. */
export const one = (params: Awaited<SearchParams>, name: string): string | undefined => {
  const value = params[name]
  const first = (Array.isArray(value) ? value[0] : value)?.trim()
  return first === '' ? undefined : first
}

/** All values of a repeated parameter. */
export const all = (params: Awaited<SearchParams>, name: string): string[] => {
  const value = params[name]
  return (Array.isArray(value) ? value : value === undefined ? [] : [value]).map((v) => v.trim()).filter(Boolean)
}

/** A link to a page with some parameters changed; undefined or empty removes one. */
export const href = (
  path: string,
  params: Record<string, string | string[] | undefined>,
  change: Record<string, string | string[] | undefined> = {},
): string => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...params, ...change })) {
    for (const item of Array.isArray(value) ? value : [value]) if (item) query.append(name, item)
  }
  const text = query.toString()
  return text ? `${path}?${text}` : path
}
