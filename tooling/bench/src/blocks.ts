import type { Bench } from "./bench.js";
import { median, medianCall } from "./measure.js";

/** Blocks of calls in turns; the median of each block's median. */
export async function blocks<Name extends string>(
  bench: Bench,
  calls: number,
  cases: Readonly<Record<Name, (index: number) => unknown>>,
): Promise<Record<Name, number>> {
  const found = Object.fromEntries(Object.keys(cases).map((name) => [name, [] as number[]]));
  for (let round = bench.quick ? -1 : -2; round < (bench.quick ? 3 : 15); round++) {
    for (const [name, call] of Object.entries<(index: number) => unknown>(cases)) {
      const time = await medianCall(calls, call);
      if (round >= 0) found[name]!.push(time);
    }
  }
  return Object.fromEntries(Object.entries(found).map(([name, times]) => [name, median(times)])) as Record<
    Name,
    number
  >;
}
