import type { ComponentProps } from 'react'

/**
 * A link to a page of the app. It is plain HTML, so that hundreds of them cost a page nothing; `SoftLinks` follows it
 * without loading the page anew.
 */
export const Link = (props: ComponentProps<'a'> & { href: string }) => <a data-soft="" {...props} />
