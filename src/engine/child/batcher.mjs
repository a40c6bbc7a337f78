// @ts-check
/**
 * Runs rows of several requests together. Rows that wait are sorted by length, so little of a batch is filler;
 * where a batch fails its rows are tried one by one, so that one bad row does not fail its neighbours.
 * @template Row, Output
 */
export class Batcher {
  /**
   * @param {{run: (rows: Row[]) => Promise<Output[]>, lengthOf: (row: Row) => number, maxRows: number}} options
   */
  constructor({ run, lengthOf, maxRows }) {
    this.run = run
    this.lengthOf = lengthOf
    this.maxRows = maxRows
    /** @type {{row: Row, isAborted: () => boolean, resolve: (output: Output) => void, reject: (error: unknown) => void}[]} */
    this.waiting = []
    this.running = false
  }

  /**
   * @param {Row[]} rows
   * @param {() => boolean} isAborted
   * @returns {Promise<Output[]>}
   */
  add(rows, isAborted) {
    const outputs = rows.map(
      (row) => new Promise((resolve, reject) => this.waiting.push({ row, isAborted, resolve, reject })),
    )
    if (!this.running) {
      this.running = true
      setImmediate(() => this.#drain())
    }
    return Promise.all(outputs)
  }

  async #drain() {
    while (this.waiting.length > 0) {
      const taken = this.waiting.splice(0, this.maxRows * 8).sort((a, b) => this.lengthOf(a.row) - this.lengthOf(b.row))
      for (let at = 0; at < taken.length; at += this.maxRows) {
        await this.#runBatch(taken.slice(at, at + this.maxRows))
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    this.running = false
  }

  /** @param {typeof this.waiting} batch */
  async #runBatch(batch) {
    const live = batch.filter((item) => !item.isAborted())
    for (const item of batch) if (item.isAborted()) item.reject(new Error('aborted'))
    if (live.length === 0) return
    try {
      const outputs = await this.run(live.map((item) => item.row))
      live.forEach((item, i) => {
        item.resolve(/** @type {Output} */ (outputs[i]))
      })
    } catch (error) {
      if (live.length === 1) live[0]?.reject(error)
      else for (const item of live) await this.#runBatch([item])
    }
  }
}
