import { expect, test } from 'vitest'
import { detect } from './Pickle.ts'

const bytes = (...numbers: number[]) => Uint8Array.from(numbers)
const torchZip = Buffer.concat([bytes(0x50, 0x4b, 3, 4, 0, 0), Buffer.from('archive/data.pkl')])

test('behavior: pickles are told by name, by protocol mark and inside PyTorch archives', () => {
  expect(detect('model.pkl', bytes())).toBe(true)
  expect(detect('checkpoints/last.CKPT', bytes())).toBe(true)
  expect(detect('pytorch_model.bin', bytes(0x80, 2, 0x7d))).toBe(true)
  expect(detect('weights', bytes(0x80, 5))).toBe(true)
  expect(detect('pytorch_model.bin', torchZip)).toBe(true)
})

test('behavior: safe formats, plain archives and other bytes are none', () => {
  expect(detect('model.safetensors', bytes(0x80, 4))).toBe(false)
  expect(detect('onnx/model.onnx', bytes(0x80, 4))).toBe(false)
  expect(detect('images.zip', bytes(0x50, 0x4b, 3, 4))).toBe(false)
  expect(detect('vectors.bin', bytes(0x80, 9))).toBe(false)
  expect(detect('empty', bytes())).toBe(false)
})
