/** One server-sent event; comments arrive with the event name `comment`. */
export type Event = { event: string; data: string }

/** Reads a stream of server-sent events (HTML standard, section 9.2), keeping comments. */
export async function* read(answer: Response): AsyncIterable<Event> {
  let event = 'message'
  let data: string[] = []
  for await (const line of lines(answer)) {
    if (line === '') {
      if (data.length > 0) yield { event, data: data.join('\n') }
      event = 'message'
      data = []
    } else if (line.startsWith(':')) {
      yield { event: 'comment', data: line.slice(1).trimStart() }
    } else {
      const [field, value] = cut(line)
      if (field === 'event') event = value
      if (field === 'data') data.push(value)
    }
  }
}

function cut(line: string): [string, string] {
  const colon = line.indexOf(':')
  if (colon < 0) return [line, '']
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
}

async function* lines(answer: Response): AsyncIterable<string> {
  if (!answer.body) return
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks(answer.body)) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n/)
    rest = parts.pop() ?? ''
    yield* parts
  }
  if (rest !== '') yield rest
}

/** Not every browser iterates streams itself. */
async function* chunks(body: ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel()
  }
}
