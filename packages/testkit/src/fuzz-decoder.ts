import { isModelkeepError } from "@modelkeep/core";

import { expectTrue, describeError, within } from "./expect.js";
import { mutate, randomNumbers } from "./fuzz-mutate.js";

/** What is decoded, how often and how long. */
export interface FuzzOptions {
  /** Well-formed files from which the hostile ones are made: small ones are tried more often per second. */
  readonly seeds: readonly Uint8Array[];
  /** May resolve, or reject with a `ModelkeepError`. Its argument is its own. */
  readonly decode: (bytes: Uint8Array) => unknown;
  /** Files tried. Default: the environment's MODELKEEP_FUZZ_RUNS, else 20,000. */
  readonly runs?: number;
  /** The same seed tries the same files. Default 1. */
  readonly seed?: number;
  /** Milliseconds that one file may take. Default 2,000. */
  readonly time?: number;
}

/** How the files were taken. */
export interface FuzzResult {
  readonly runs: number;
  readonly accepted: number;
  /** How many files were refused with each code. */
  readonly refused: ReadonlyMap<string, number>;
  /** Milliseconds of the slowest file. */
  readonly slowest: number;
}

/**
 * Feeds a decoder mutated files. It fails, with the file in base64, on anything but a result or a `ModelkeepError`, on a
 * file that takes too long, and on a changed `Object.prototype`.
 */
export async function fuzzDecoder(options: FuzzOptions): Promise<FuzzResult> {
  const { seeds, decode, seed = 1, time = 2000 } = options;
  const runs = options.runs ?? defaultRuns();
  if (seeds.length === 0) throw new TypeError("A fuzzer needs seeds");
  const random = randomNumbers(seed);
  const refused = new Map<string, number>();
  const intact = prototypeGuard();
  let accepted = 0;
  let slowest = 0;
  for (let run = 0; run < runs; run++) {
    const file = mutate(seeds[Math.floor(random() * seeds.length)] as Uint8Array, random);
    const where = () => `seed ${seed}, run ${run}, file ${Buffer.from(file).toString("base64").slice(0, 4000)}`;
    const start = performance.now();
    try {
      const result = decode(new Uint8Array(file));
      if (result instanceof Promise) await within(time, result, "decode");
      accepted++;
    } catch (error) {
      expectTrue(
        isModelkeepError(error),
        `the decoder threw ${describeError(error)}, which is no ModelkeepError (${where()})`,
      );
      refused.set(error.code, (refused.get(error.code) ?? 0) + 1);
    }
    const taken = performance.now() - start;
    if (taken > slowest) slowest = taken;
    expectTrue(taken <= time, `the decoder took ${Math.round(taken)} ms (${where()})`);
    intact(where);
  }
  return { runs, accepted, refused, slowest };
}

/** Gives a check that throws when something was added to Object.prototype, taken from it or changed, and puts it right again. */
export function prototypeGuard(): (where: () => string) => void {
  const before = new Map(Reflect.ownKeys(Object.prototype).map((key) => [key, described(key)]));
  return (where) => {
    const changed: PropertyKey[] = [];
    for (const key of new Set([...before.keys(), ...Reflect.ownKeys(Object.prototype)])) {
      const wanted = before.get(key);
      if (same(described(key), wanted)) continue;
      changed.push(key);
      if (wanted === undefined) Reflect.deleteProperty(Object.prototype, key);
      else Reflect.defineProperty(Object.prototype, key, wanted);
    }
    expectTrue(changed.length === 0, `Object.prototype was changed: ${changed.map(String).join(", ")} (${where()})`);
  };
}

function described(key: PropertyKey): PropertyDescriptor | undefined {
  return Object.getOwnPropertyDescriptor(Object.prototype, key);
}

function same(a: PropertyDescriptor | undefined, b: PropertyDescriptor | undefined): boolean {
  return a?.value === b?.value && a?.get === b?.get && a?.set === b?.set && (a === undefined) === (b === undefined);
}

function defaultRuns(): number {
  const asked = Number(process.env["MODELKEEP_FUZZ_RUNS"]);
  return Number.isSafeInteger(asked) && asked > 0 ? asked : 20_000;
}
