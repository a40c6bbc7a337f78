import type { Engagement } from '../../catalog/index.ts'
import { Json, Struct } from '../../core/index.ts'
import { SignalsWire } from '../../wire/index.ts'

/** The inputs of a day as they are published, in canonical JSON (RFC 8785): the same day gives the same bytes. */
export const serialize = (day: SignalsWire.Day): string => Json.canonical(day)

export const from = ({ epoch, pulls, usage, likes }: Engagement.Day): SignalsWire.Day => ({
  format: 'dehug.signals.day.v1',
  epoch,
  pulls: pulls.map(({ receipt, modelId, paid, signer, signature }) => ({
    ...{ ...receipt, modelId: modelId.toString(), paid, signer, signature },
  })),
  usage: usage.map(({ modelId, fee, ...rest }) => ({
    ...{ ...rest, modelId: modelId.toString(), feeMicroUsdc: fee.toString() },
  })),
  likes: likes.map(({ modelId, ...rest }) => ({ ...rest, modelId: modelId.toString() })),
})

/** Throws `BadInput`. */
export const parse = (text: string): SignalsWire.Day =>
  Struct.parseWith(SignalsWire.Day, JSON.parse(text), 'day of signals')
