import 'server-only'
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import Papa from 'papaparse'
import { type FileOf, rangeOf, textOf } from './file.ts'
import { type Column, columnOf, footerColumns, type Row } from './preview-columns.ts'

export const shownRows = 100

/** Bytes that one preview may read, and so about the memory it takes. */
const budget = 24 * 2 ** 20
const csvBytes = 2 ** 20
const csvRows = 2000

/** What one page may grow to, and a row group hold: a small file can claim to be anything. */
const maxPageBytes = 32 * 2 ** 20
const maxGroupRows = 5_000_000

const bounded = Object.fromEntries(
  Object.entries(compressors).map(([codec, decompress]) => [
    codec,
    (input: Uint8Array, length: number) => {
      if (length > maxPageBytes) throw new RangeError(`A page of ${length} bytes is too large to preview.`)
      return decompress(input, length)
    },
  ]),
)

export type Preview = {
  rows: Row[]
  columns: Column[]
  /** Rows of the whole file, where the file says so. */
  total: number | undefined
  /** What the statistics are about. */
  basis: string
}

/** Whether rows of a file can be shown. */
export const isPreviewable = (path: string): boolean => /\.(parquet|csv|tsv)$/i.test(path)

/** First rows and columns of a data file; undefined where it cannot be read within the bounds. */
export const previewOf = async (file: FileOf): Promise<Preview | undefined> => {
  try {
    return /\.parquet$/i.test(file.path) ? await ofParquet(file) : await ofCsv(file)
  } catch {
    return undefined
  }
}

/** Reads through the hub by ranges, never more than the budget. */
const bufferOf = async (file: FileOf): Promise<AsyncBuffer | undefined> => {
  const end = await rangeOf(file, 0, 4)
  if (!end) return undefined
  let left = budget
  return {
    byteLength: end.size,
    slice: async (start, stop = end.size) => {
      left -= stop - start
      if (left < 0) throw new RangeError(`${file.path} takes more than ${budget} bytes to preview.`)
      const found = await rangeOf(file, start, stop)
      if (!found) throw new RangeError(`${file.path} cannot be read.`)
      return found.bytes.buffer
    },
  }
}

const ofParquet = async (file: FileOf): Promise<Preview | undefined> => {
  const buffer = await bufferOf(file)
  if (!buffer) return undefined
  const metadata = await parquetMetadataAsync(buffer)
  if (Number(metadata.row_groups[0]?.num_rows ?? 0) > maxGroupRows) return undefined
  const columns = columnsWithin(metadata, budget / 2)
  const rows = await parquetReadObjects({
    ...{ file: buffer, metadata, columns, compressors: bounded },
    ...{ rowStart: 0, rowEnd: shownRows, useOffsetIndex: true },
  })
  const names = columns ?? Object.keys(rows[0] ?? {})
  const footer = footerColumns(metadata)
  return {
    rows,
    columns: names.map((name) => footer.get(name) ?? columnOf(name, rows)),
    total: Number(metadata.num_rows),
    basis: 'Types, empty cells and bounds are of the whole file, from its own footer.',
  }
}

/** The first columns whose part of the first row group fits; all of them in most files. */
const columnsWithin = (metadata: FileMetaData, max: number): string[] | undefined => {
  let sum = 0
  const sizes = new Map<string, number>()
  for (const { meta_data: chunk } of metadata.row_groups[0]?.columns ?? []) {
    const name = chunk?.path_in_schema[0]
    if (name !== undefined) sizes.set(name, (sizes.get(name) ?? 0) + Number(chunk?.total_compressed_size ?? 0))
  }
  const fitting = [...sizes].filter(([, size]) => {
    if (sum + size > max) return false
    sum += size
    return true
  })
  return fitting.length === sizes.size ? undefined : fitting.map(([name]) => name)
}

const ofCsv = async (file: FileOf): Promise<Preview | undefined> => {
  const found = await textOf(file, csvBytes)
  if (!found) return undefined
  // The last line may be half of one.
  const text = found.cut ? found.text.slice(0, found.text.lastIndexOf('\n')) : found.text
  const { data, meta } = Papa.parse<Row>(text, { header: true, skipEmptyLines: true, preview: csvRows })
  const whole = !found.cut && data.length < csvRows
  return {
    rows: data.slice(0, shownRows),
    columns: (meta.fields ?? []).map((name) => columnOf(name, data)),
    total: whole ? data.length : undefined,
    basis: whole ? 'Of all rows.' : `Of the first ${data.length} rows.`,
  }
}
