// @ts-check
/**
 * The most likely labels of each row of logits, best first; scores are rounded to six decimals.
 * @param {any} logits tensor [rows, classes]
 * @param {any} config
 * @returns {{label: string, score: number}[][]}
 */
export function labelsOf(logits, config) {
  const [rows, classes] = logits.dims
  return Array.from({ length: rows }, (_, row) => {
    const scores = toScores(Array.from(logits.data.subarray(row * classes, (row + 1) * classes), Number), config)
    return scores
      .map((score, i) => ({
        label: String(config.id2label?.[i] ?? `LABEL_${i}`),
        score: Math.round(score * 1e6) / 1e6,
      }))
      .sort((a, b) => b.score - a.score)
  })
}

/**
 * @param {number[]} logits
 * @param {any} config
 */
function toScores(logits, config) {
  if (config.problem_type === 'regression') return logits
  if (config.problem_type === 'multi_label_classification') return logits.map((logit) => 1 / (1 + Math.exp(-logit)))
  const top = Math.max(...logits)
  const powers = logits.map((logit) => Math.exp(logit - top))
  const total = powers.reduce((sum, power) => sum + power, 0)
  return powers.map((power) => power / total)
}

/** How many labels are given when the request does not say. */
export const defaultTopK = 5
