import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { BadInput } from '../../core/index.ts'

/** Where a name points to. */
export type Address = { address: string; family: 4 | 6 }
export type Resolve = (hostname: string) => Promise<Address[]>

export const resolveByDns: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))

/** Networks that are not the open internet. Source: IANA special-purpose address registries. */
const v4 =
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4'
/** Those below 2000::/3 are the open internet, but for tunnels and examples. */
const v6 = '2001::/23 2001:db8::/32 2002::/16 3fff::/20'

const closed = new BlockList()
const global6 = new BlockList()
for (const [list, version] of [
  [v4, 'ipv4'],
  [v6, 'ipv6'],
] as const) {
  for (const net of list.split(' ')) {
    const [address = '', bits = ''] = net.split('/')
    closed.addSubnet(address, Number(bits), version)
  }
}
global6.addSubnet('2000::', 3, 'ipv6')

/** Whether an address is one that anybody on the internet could reach. */
export const isPublic = ({ address, family }: Address): boolean => {
  if (family === 4) return !closed.check(address, 'ipv4')
  return global6.check(address, 'ipv6') && !closed.check(address, 'ipv6')
}

/**
 * The addresses of a URL's host. One that is not public spoils them all, so that no name can hide one among others.
 * Throws {@link NotReachable}.
 */
export const publicAddresses = async (
  hostname: string,
  resolve: Resolve,
  allowPrivate: boolean,
): Promise<Address[]> => {
  const bare = hostname.replace(/^\[|\]$/g, '')
  const literal = isIP(bare)
  const addresses = literal ? [{ address: bare, family: literal === 6 ? 6 : 4 } as const] : await resolve(bare)
  if (addresses.length === 0) throw new NotReachable(hostname)
  if (!allowPrivate && !addresses.every(isPublic)) throw new NotReachable(hostname)
  return [...addresses]
}

/** The address is loopback, private, link-local, reserved, or there is none. */
export class NotReachable extends BadInput {
  constructor(hostname: string) {
    super(`Webhooks are not sent to ${hostname.slice(0, 255)}: it is no address of the open internet.`, {
      code: 'webhook_address_refused',
      hint: 'Use a public address; who runs the hub may allow private ones (DEHUG_WEBHOOKS_PRIVATE=1).',
    })
  }
}
