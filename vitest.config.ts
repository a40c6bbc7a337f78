import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Tests whose name ends in `.heavy.test.ts` run only under CI=true. */
const heavy = process.env.CI === 'true' ? [] : ['**/*.heavy.test.ts']

/** What takes long comes first, so that nothing has to wait for it at the end. */
class HeavyFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isHeavy = ({ moduleId }: TestSpecification) => moduleId.endsWith('.heavy.test.ts')
    return [...sorted.filter(isHeavy), ...sorted.filter((file) => !isHeavy(file))]
  }
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...heavy],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
    sequence: { sequencer: HeavyFirst },
    env: { ORT_DISABLE_TELEMETRY: '1', PONDER_TELEMETRY_DISABLED: 'true' },
  },
})
