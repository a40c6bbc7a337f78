import { BadInput } from '../core/index.ts'

const secondsOf = { h: 3600, d: 86_400, w: 604_800 } as const

/** Seconds of a time span as people write it: `12h`, `30d`, `2w`. Throws `BadInput`. */
export function seconds(text: string): number {
  const match = /^(\d{1,5})([hdw])$/.exec(text)
  if (!match)
    throw new BadInput(`"${text}" is not a time span.`, {
      code: 'bad_time_span',
      hint: 'Write it like 12h, 30d or 2w.',
    })
  return Number(match[1]) * secondsOf[match[2] as keyof typeof secondsOf]
}
