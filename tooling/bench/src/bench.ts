import type { PythonPeer } from "./python-peer.js";
import type { Row } from "./row.js";

/** What every group of benchmarks works with. */
export interface Bench {
  /** Smaller data and fewer rounds: to see that everything runs, not to judge speed. */
  readonly quick: boolean;
  /** An empty folder of the group's own, removed afterwards. */
  readonly folder: string;
  /** Python's implementations, where they are installed. */
  readonly python: PythonPeer | undefined;
}

export interface Group {
  readonly name: string;
  readonly title: string;
  /** Some of its rows, by a name: `--only name/part`. */
  readonly parts?: Parts;
  run(bench: Bench): Promise<readonly Row[]>;
}

export type Parts = Readonly<Record<string, (bench: Bench) => Promise<readonly Row[]>>>;

/** A group of nothing but its parts, one after the other. */
export function groupOf(name: string, title: string, parts: Parts): Group {
  return {
    name,
    title,
    parts,
    async run(bench) {
      const rows: Row[] = [];
      for (const part of Object.values(parts)) rows.push(...(await part(bench)));
      return rows;
    },
  };
}

export const mebibyte = 2 ** 20;
export const gibibyte = 2 ** 30;

/** Rounds of a case that takes about a second. */
export function roundsOf({ quick }: Bench, full: number): number {
  return quick ? Math.min(2, full) : full;
}

export function sizeOf({ quick }: Bench, full: number): number {
  return quick ? full / 16 : full;
}
