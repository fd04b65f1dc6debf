import type { Bench } from "./bench.js";
import { median, medianCall } from "./measure.js";

/** Blocks of calls in turns, each round beginning with another case, after rounds that warm all of them up; the median of each block's median. */
export async function blocks<Name extends string>(
  bench: Bench,
  calls: number,
  cases: Readonly<Record<Name, (index: number) => unknown>>,
): Promise<Record<Name, number>> {
  const found = Object.fromEntries(Object.keys(cases).map((name) => [name, [] as number[]]));
  const turns = Object.entries<(index: number) => unknown>(cases);
  for (let round = bench.quick ? -1 : -5; round < (bench.quick ? 3 : 25); round++) {
    for (let turn = 0; turn < turns.length; turn++) {
      const [name, call] = turns[(turn + Math.max(round, 0)) % turns.length]!;
      const time = await medianCall(calls, call);
      if (round >= 0) found[name]!.push(time);
    }
  }
  return Object.fromEntries(Object.entries(found).map(([name, times]) => [name, median(times)])) as Record<
    Name,
    number
  >;
}
