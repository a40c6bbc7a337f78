import { Engine, type Sandbox } from '../index.ts'
import { endlessLoop, fixtureDir, modelWith } from './hostile-models.ts'

/** Starts a healthy and a hanging engine in the sandbox named by its argument, prints their process ids, and waits to be killed. */
const sandbox = process.argv[2] as Sandbox.Kind
const healthy = await Engine.start({ dir: fixtureDir('dehug-embed'), sandbox })
const dir = await modelWith('dehug-embed', { 'onnx/model.onnx': endlessLoop() })
const hanging = await Engine.start({ dir, sandbox })
void hanging.run({ task: 'feature-extraction', inputs: ['x'] })
process.stdout.write(`${JSON.stringify({ pids: [healthy.pid, hanging.pid], dir })}\n`)
setInterval(() => {}, 60_000)
