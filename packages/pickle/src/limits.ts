import { type Limits, throwIfAborted } from "@modelkeep/core";

import { beyondLimit } from "./errors.js";

/** Bounds on reading one file. What is left out has a default that ordinary models stay far below. */
export interface PickleLimits extends Limits {
  /** Decompressed bytes for each compressed one, beyond the first 64 MiB. Default 25. */
  readonly expansion?: number;
  /** Decimal digits of an integer. Default 4300, as in Python. */
  readonly digits?: number;
  /** Opcodes. Default: `items`. */
  readonly opcodes?: number;
  /** Entries of the memo. Default: `items`. */
  readonly memo?: number;
}

export interface ResolvedLimits {
  readonly bytes: number;
  readonly expansion: number;
  readonly depth: number;
  readonly opcodes: number;
  readonly memo: number;
  readonly digits: number;
  readonly time: number;
}

/** Whatever the ratio, so much may come out of a compressed file. */
export const expansionFloor = 64 * 2 ** 20;

/** Defaults: 64 GiB, 25-fold expansion beyond 64 MiB, 1000 levels, 10 million opcodes, 4300 digits, a minute. */
export function resolveLimits(limits: PickleLimits = {}): ResolvedLimits {
  const items = limits.items ?? 10_000_000;
  return {
    bytes: limits.bytes ?? 64 * 2 ** 30,
    expansion: limits.expansion ?? 25,
    depth: limits.depth ?? 1000,
    opcodes: limits.opcodes ?? items,
    memo: limits.memo ?? items,
    digits: limits.digits ?? 4300,
    time: limits.time ?? 60_000,
  };
}

export function tooManyOpcodes({ opcodes }: ResolvedLimits): Error {
  return beyondLimit(`The pickle has more than ${opcodes} opcodes (limits.opcodes can be raised for a file you trust)`);
}

/** Throws `limit_exceeded` when the time since its making is over. */
export class Deadline {
  /** As `Stack.example`. */
  static readonly example = new Deadline(0);

  readonly #end: number;

  constructor(
    private readonly milliseconds: number,
    private readonly signal?: AbortSignal,
  ) {
    this.#end = performance.now() + milliseconds;
  }

  check(): void {
    throwIfAborted(this.signal);
    if (performance.now() > this.#end)
      throw beyondLimit(`Reading took longer than the ${this.milliseconds} ms that are allowed`);
  }
}
