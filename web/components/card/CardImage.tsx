import { ImageIcon } from 'lucide-react'

type Props = { alt?: string; src?: string; remote?: string; width?: string | number }

/**
 * A picture of the repository itself. One from elsewhere would tell that place who reads the card, so it is a link.
 */
export const CardImage = ({ alt, src, remote, width }: Props) => {
  if (remote !== undefined) {
    const url = URL.canParse(remote, 'http://repo') ? new URL(remote, 'http://repo') : undefined
    return (
      <a href={remote} rel="nofollow noopener noreferrer ugc" className="remote-image">
        <ImageIcon className="size-3.5" aria-hidden />
        {alt || 'Picture'} <span className="text-ink-3">({url?.host ?? 'elsewhere'})</span>
      </a>
    )
  }
  return <img src={src} alt={alt ?? ''} width={width} loading="lazy" decoding="async" />
}
