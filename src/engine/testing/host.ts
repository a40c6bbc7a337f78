import { Engine } from '../index.ts'
import { endlessLoop, fixtureDir, modelWith } from './hostile-models.ts'

/** Starts a healthy and a hanging engine, prints their process ids, and waits to be killed. */
const healthy = await Engine.start({ dir: fixtureDir('dehug-embed') })
const dir = await modelWith('dehug-embed', { 'onnx/model.onnx': endlessLoop() })
const hanging = await Engine.start({ dir })
void hanging.run({ task: 'feature-extraction', inputs: ['x'] })
process.stdout.write(`${JSON.stringify([healthy.pid, hanging.pid])}\n`)
setInterval(() => {}, 60_000)
