import { BadInput, Pickle } from '../core/index.ts'

export const { detect, sampleBytes } = Pickle

/** A folder holds pickle files, which run code when they are loaded. */
export class PickleRefused extends BadInput {
  constructor(paths: string[]) {
    const shown = paths.slice(0, 5).join(', ')
    const more = paths.length > 5 ? ` and ${paths.length - 5} more` : ''
    super(`Pickle files run code when they are loaded, so they are refused: ${shown}${more}.`, {
      code: 'pickle_refused',
      hint: 'Convert the weights to safetensors, leave the files out with --exclude, or pass --allow-pickle to publish them marked.',
      details: { paths },
    })
  }
}
