const names: Record<string, string> = {
  'text-generation': 'Text generation',
  'text-classification': 'Text classification',
  'token-classification': 'Token classification',
  'feature-extraction': 'Embeddings',
  'sentence-similarity': 'Sentence similarity',
  'fill-mask': 'Fill mask',
  'question-answering': 'Question answering',
  'zero-shot-classification': 'Zero-shot classification',
  'image-classification': 'Image classification',
  'image-text-to-text': 'Image and text to text',
  'text-to-image': 'Text to image',
  'automatic-speech-recognition': 'Speech recognition',
}

/** What people call a task. */
export const taskName = (task: string): string =>
  names[task] ?? `${task.charAt(0).toUpperCase()}${task.slice(1).replaceAll('-', ' ')}`
