import { createHash } from 'node:crypto'
import type { Route } from '../../request.ts'

/** A picture for every name, drawn from the name alone: also for names that nobody has. */
export const getAvatar: Route = (app) => {
  app.get('/avatars/:file', async (request, reply) => {
    const { file = '' } = request.params as { file?: string }
    return reply
      .headers({
        'content-type': 'image/svg+xml',
        'cache-control': 'public, max-age=604800',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        'x-content-type-options': 'nosniff',
      })
      .send(draw(file.replace(/\.svg$/, '').toLowerCase()))
  })
}

const size = 5

/** Five by five squares, left and right alike, in a colour of the name. */
const draw = (name: string): string => {
  const digest = createHash('sha256').update(name).digest()
  const hue = Math.round((digest.readUInt16BE(0) / 65_536) * 360)
  const squares: string[] = []
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const mirrored = Math.min(column, size - 1 - column)
      if ((digest[2 + row * 3 + mirrored] as number) % 2 === 0) continue
      squares.push(`<rect x="${column + 0.5}" y="${row + 0.5}" width="1" height="1"/>`)
    }
  }
  const box = size + 1
  const ground = `<rect width="${box}" height="${box}" fill="hsl(${hue} 45% 92%)"/>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${box} ${box}">${ground}<g fill="hsl(${hue} 55% 45%)">${squares.join('')}</g></svg>`
}
