import { ModelkeepError, type Store } from "@modelkeep/core";

export type Fault =
  /** It fails, and nothing happened. */
  | "fails"
  /** It happened, or not, and the answer is lost. */
  | "happens unanswered"
  | "is lost unanswered"
  /** It and everything after it fails: the process is gone. */
  | "crashes before"
  | "crashes after";

export const faults: readonly Fault[] = [
  "fails",
  "happens unanswered",
  "is lost unanswered",
  "crashes before",
  "crashes after",
];

/** A store whose nth operation has a fault. Without one it only counts. */
export function faultyStore(
  store: Store,
  nth = Infinity,
  fault?: Fault,
): Store & { readonly operations: () => number } {
  let count = 0;
  const run = async <T>(writes: boolean, work: () => Promise<T>): Promise<T> => {
    const number = ++count;
    const crashed = fault?.startsWith("crashes") === true && number > nth;
    if (crashed) throw new ModelkeepError("io_error", "The process is gone");
    if (number !== nth || fault === undefined) return work();
    if (fault === "fails" || fault === "crashes before") throw new ModelkeepError("io_error", "The disk failed");
    if (fault === "is lost unanswered") throw lost(writes);
    await work();
    throw lost(writes);
  };
  return {
    name: store.name,
    supports: store.supports,
    operations: () => count,
    head: (key, options) => run(false, () => store.head(key, options)),
    get: (key, options) => run(false, () => store.get(key, options)),
    put: (key, body, options) => run(true, () => store.put(key, body, options)),
    delete: (key, options) => run(true, () => store.delete(key, options)),
    async *list(prefix, options) {
      await run(false, () => Promise.resolve());
      yield* store.list(prefix, options);
    },
  };
}

function lost(writes: boolean): ModelkeepError {
  return writes
    ? new ModelkeepError("unknown_outcome", "No answer came")
    : new ModelkeepError("io_error", "No answer came");
}
