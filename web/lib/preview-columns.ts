import type { FileMetaData } from 'hyparquet'

export type Row = Record<string, unknown>

/** What is known of a column; undefined where neither file nor rows tell. */
export type Column = {
  name: string
  type: string
  empty: number | undefined
  min: string | undefined
  max: string | undefined
  distinct: number | undefined
}

const maxCell = 300

/** A value as a cell shows it. */
export const cellText = (value: unknown): string => {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return `${value.length} bytes`
  const text =
    typeof value === 'object'
      ? JSON.stringify(value, (_, item) =>
          typeof item === 'bigint' ? String(item) : item instanceof Uint8Array ? `${item.length} bytes` : item,
        )
      : String(value)
  return text.length > maxCell ? `${text.slice(0, maxCell)}…` : text
}

/** Statistics of a column over the given rows. */
export const columnOf = (name: string, rows: readonly Row[]): Column => {
  const values = rows.map((row) => row[name])
  const filled = values.filter((value) => value !== null && value !== undefined && value !== '')
  const numbers = filled.map(Number)
  const isNumber = filled.length > 0 && numbers.every((value) => Number.isFinite(value))
  const texts = isNumber ? [] : filled.map(cellText).sort()
  return {
    name,
    type: isNumber ? 'number' : kindOf(filled[0]),
    empty: values.length - filled.length,
    min: isNumber ? String(numbers.reduce((a, b) => Math.min(a, b))) : texts[0],
    max: isNumber ? String(numbers.reduce((a, b) => Math.max(a, b))) : texts.at(-1),
    distinct: new Set(filled.map(cellText)).size,
  }
}

const kindOf = (value: unknown): string => {
  if (value === undefined) return 'empty'
  if (Array.isArray(value)) return 'list'
  return value instanceof Date ? 'time' : typeof value === 'object' ? 'struct' : 'text'
}

/** What the footer of a Parquet file says of its flat columns, over all row groups. */
export const footerColumns = ({ row_groups: groups, schema }: FileMetaData): Map<string, Column> => {
  const columns = new Map<string, Column & { bounds: unknown[] }>()
  for (const { columns: chunks } of groups) {
    for (const { meta_data: chunk } of chunks) {
      const [name, ...inner] = chunk?.path_in_schema ?? []
      if (!chunk || name === undefined || inner.length > 0) continue
      const element = schema.find((item) => item.name === name)
      const type = element?.logical_type?.type ?? element?.converted_type ?? chunk.type
      const known = columns.get(name) ?? {
        name,
        type,
        empty: 0,
        distinct: undefined,
        min: undefined,
        max: undefined,
        bounds: [],
      }
      const { null_count: empty, min_value, max_value, min, max } = chunk.statistics ?? {}
      known.empty = empty === undefined || known.empty === undefined ? undefined : known.empty + Number(empty)
      known.bounds.push(min_value ?? min, max_value ?? max)
      columns.set(name, known)
    }
  }
  return new Map([...columns].map(([name, { bounds, ...column }]) => [name, { ...column, ...boundsOf(bounds) }]))
}

const boundsOf = (bounds: readonly unknown[]): Pick<Column, 'min' | 'max'> => {
  if (bounds.length === 0 || bounds.some((value) => value === undefined || value === null)) {
    return { min: undefined, max: undefined }
  }
  const sorted = [...bounds].sort((a, b) =>
    (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0,
  )
  return { min: cellText(sorted[0]), max: cellText(sorted.at(-1)) }
}
