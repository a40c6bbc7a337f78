import type { IncomingMessage } from 'node:http'

const special =
  /^(\/[^?#]*?\/(?:blob|commit|commits|paths-info|preupload|raw|resolve|revision|tag|tree|xet-read-token|xet-write-token))\/refs\/(pr\/\d{1,9}|convert\/[\w-]+)(?=[/?#]|$)/

/**
 * A URL as the routes read it: clients may leave the slashes of `refs/pr/1` and `refs/convert/parquet` as they are, which
 * otherwise would be folders.
 */
export const escapeSpecialRevision = ({ url = '/' }: Pick<IncomingMessage, 'url'>): string =>
  url.replace(special, (_, before: string, revision: string) => `${before}/refs%2F${revision.replace('/', '%2F')}`)
