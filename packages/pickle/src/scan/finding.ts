/** What a scan says of a file. There is no "safe": clean means that every name in it is known to be data. */
export type Verdict = "clean" | "unknown" | "dangerous" | "malformed" | "limit";

/** One thing that a scan has to say, and where in the file it is. */
export interface ScanFinding {
  /** What this finding alone makes of the file; "clean" for a remark. */
  readonly verdict: Verdict;
  /** "name", "call", "code", "stream", "archive", "trailing". */
  readonly kind: string;
  /** In plain words. */
  readonly message: string;
  /** Byte in the decompressed stream. */
  readonly offset?: number;
  readonly module?: string;
  readonly name?: string;
  /** The call as Python would write it. */
  readonly call?: string;
  /** The file inside the file, or the pickle inside the pickle. */
  readonly within?: string;
}

/** A name that the file asks for. */
export interface ScannedGlobal {
  readonly module: string;
  readonly name: string;
  readonly verdict: "known" | "unknown" | "dangerous";
  /** What it does, for names that attacks are made of. */
  readonly does?: string;
  readonly count: number;
  /** Where it is asked for first. */
  readonly offset: number;
}

// From worst to best.
const order: readonly Verdict[] = ["dangerous", "unknown", "limit", "malformed", "clean"];

export function worst(verdicts: Iterable<Verdict>): Verdict {
  let index = order.length - 1;
  for (const verdict of verdicts) index = Math.min(index, order.indexOf(verdict));
  return order[index] as Verdict;
}
