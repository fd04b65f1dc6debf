import type { NumericChange } from "./replay-against.js";

const most = 100_000;

/** Mean and maximum of any number of values, and their quantiles: exact up to 100,000, then of a fair sample (Vitter's algorithm R). */
export class Quantiles {
  readonly #sample: number[] = [];
  #count = 0;
  #sum = 0;
  #max = 0;

  add(value: number): void {
    this.#count++;
    this.#sum += value;
    this.#max = Math.max(this.#max, value);
    if (this.#sample.length < most) this.#sample.push(value);
    else {
      const at = Math.floor(Math.random() * this.#count);
      if (at < most) this.#sample[at] = value;
    }
  }

  summary(): NumericChange {
    const sorted = Float64Array.from(this.#sample).sort();
    const quantile = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
    const mean = this.#count === 0 ? 0 : this.#sum / this.#count;
    return { elements: this.#count, mean, max: this.#max, p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99) };
  }
}
