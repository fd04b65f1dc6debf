import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** One round of a case. A number that it gives is its own time in milliseconds; otherwise it is timed from outside. */
export type Work = () => number | void | Promise<number | void>;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/**
 * Runs cases in turns, so that whatever else the machine does meets all of them, and gives the median of each in
 * milliseconds. Each round starts with another case: none always follows the same one. Memory is cleaned before each.
 */
export async function interleave<Name extends string>(
  rounds: number,
  works: Readonly<Record<Name, Work | undefined>>,
  options?: { readonly warmUp?: number },
): Promise<Record<Name, number | undefined>> {
  const all = Object.entries<readonly number[] | undefined>(await interleaveRounds(rounds, works, options));
  return Object.fromEntries(all.map(([name, times]) => [name, times && median(times)])) as Record<
    Name,
    number | undefined
  >;
}

/** The same with every round, for what depends on the mood of a disk: a round's cases meet about the same one. */
export async function interleaveRounds<Name extends string>(
  rounds: number,
  works: Readonly<Record<Name, Work | undefined>>,
  { warmUp = 1 }: { readonly warmUp?: number } = {},
): Promise<Record<Name, readonly number[] | undefined>> {
  const cases = Object.entries(works).flatMap(([name, work]) =>
    work === undefined ? [] : [{ name: name as Name, work: work as Work, times: [] as number[] }],
  );
  for (let round = -warmUp; round < rounds; round++) {
    for (let turn = 0; turn < cases.length; turn++) {
      const { work, times } = cases[(turn + Math.max(round, 0)) % cases.length]!;
      collectGarbage();
      const start = performance.now();
      const own = await work();
      const taken = own ?? performance.now() - start;
      if (round >= 0) times.push(taken);
    }
  }
  return Object.fromEntries(cases.map(({ name, times }) => [name, times])) as unknown as Record<
    Name,
    readonly number[] | undefined
  >;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median of many short calls, in milliseconds. */
export async function medianCall(calls: number, call: (index: number) => unknown): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < calls; index++) {
    const start = performance.now();
    const result = call(index);
    if (result instanceof Promise) await result;
    times.push(performance.now() - start);
  }
  return median(times);
}
