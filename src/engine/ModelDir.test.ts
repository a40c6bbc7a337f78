import { chmod, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import * as ModelDir from './ModelDir.ts'
import { fixtureDir, modelWith, removeModels } from './testing/hostile-models.ts'

const memoryBytes = 2 ** 30

afterAll(removeModels)

describe('ModelDir', () => {
  test('behavior: task, weights and pooling are told from the files', async () => {
    const found = await Promise.all(
      ['dehug-tiny-chat', 'dehug-embed', 'dehug-langid', 'dehug-vision'].map((name) =>
        ModelDir.inspect(fixtureDir(name), { memoryBytes }),
      ),
    )
    expect(found.map(({ task, dtype, pooling }) => [task, dtype, pooling])).toEqual([
      ['text-generation', 'fp32', 'mean'],
      ['feature-extraction', 'fp32', 'mean'],
      ['text-classification', 'fp32', 'mean'],
      ['image-classification', 'fp32', 'mean'],
    ])
    expect(await ModelDir.inspect(fixtureDir('dehug-embed'), { memoryBytes, dtype: 'q8' })).toMatchObject({
      dtype: 'q8',
    })
  })

  test('behavior: without full weights the next exact ones are taken', async () => {
    const dir = await modelWith('dehug-embed', {})
    await rm(path.join(dir, 'onnx/model.onnx'))
    expect(await ModelDir.inspect(dir, { memoryBytes })).toMatchObject({ dtype: 'q8' })
  })

  test('behavior: pooling as sentence-transformers declares it', async () => {
    const dir = await modelWith('dehug-embed', { '1_Pooling/config.json': '{"pooling_mode_cls_token":true}' })
    expect(await ModelDir.inspect(dir, { memoryBytes })).toMatchObject({ pooling: 'cls' })
  })

  test('error: missing folder, weights, tokenizer, architecture', async () => {
    const inspect = (dir: string, more: object = {}) => ModelDir.inspect(dir, { memoryBytes, ...more })
    await expect(inspect('/nowhere')).rejects.toThrow('There is no folder /nowhere.')
    await expect(inspect(fixtureDir('demo-dataset'))).rejects.toThrow(
      /has no config\.json, so what it is cannot be told\.$/,
    )
    await expect(inspect(fixtureDir('dehug-vision'), { dtype: 'q4' })).rejects.toMatchObject({
      message: expect.stringMatching(/has no model_q4\.onnx\.$/),
      hint: 'Export it, e.g. with "optimum-cli export onnx"; other formats are not loaded.',
      status: 422,
    })
    await expect(inspect(fixtureDir('dehug-vision'), { task: 'text-classification' })).rejects.toThrow(
      /has no tokenizer\.json, which text-classification needs\.$/,
    )
    const strange = await modelWith('dehug-embed', {
      'config.json': '{"architectures":["WhisperForConditionalGeneration"]}',
    })
    await expect(inspect(strange)).rejects.toThrow('is a WhisperForConditionalGeneration, which is not served here.')
  })

  test('error: a folder that other users cannot enter', async () => {
    const dir = await modelWith('dehug-embed', {})
    await expect(ModelDir.assertReadableByOthers(dir)).resolves.toBeUndefined()
    await chmod(dir, 0o700)
    await expect(ModelDir.assertReadableByOthers(path.join(dir, 'onnx'))).rejects.toMatchObject({
      message: `The user that the model would run as cannot read ${dir}.`,
      hint: `Install bubblewrap, or let others in: chmod o+x ${dir}`,
    })
  })
})
