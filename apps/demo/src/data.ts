import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface Dataset {
  /** Where it lies, so that its digest can be recorded. */
  readonly file: string;
  readonly features: readonly string[];
  readonly rows: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

/** A CSV of `vectors/data`: names first, the target last. */
export function readDataset(name: string): Dataset {
  const file = fileURLToPath(new URL(`../../../vectors/data/${name}`, import.meta.url));
  const [head, ...lines] = readFileSync(file, "utf8").trim().split("\n");
  const table = lines.map((line) => line.split(",").map(Number));
  return {
    file,
    features: head!.split(",").slice(0, -1),
    rows: table.map((row) => row.slice(0, -1)),
    labels: table.map((row) => row.at(-1)!),
  };
}

/** Every fourth row of a fixed shuffle is kept for testing. */
export function split(data: Dataset): { readonly train: Dataset; readonly test: Dataset } {
  const order = data.rows.map((_, index) => index).toSorted((a, b) => scatter(a) - scatter(b));
  const pick = (indexes: readonly number[]): Dataset => ({
    ...data,
    rows: indexes.map((index) => data.rows[index]!),
    labels: indexes.map((index) => data.labels[index]!),
  });
  return {
    train: pick(order.filter((_, place) => place % 4 !== 0)),
    test: pick(order.filter((_, place) => place % 4 === 0)),
  };
}

/** The same for everybody: Knuth's multiplicative hash. */
function scatter(index: number): number {
  return Math.imul(index + 1, 2654435761) >>> 0;
}
