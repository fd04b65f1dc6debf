import { type Body, ModelkeepError, type Store, type StoredObject } from "@modelkeep/core";

/** What happens at the operation that is hit. */
export type StoreFault =
  /** It has no effect, and says so; a read or a listing breaks off half way. */
  | "fails"
  /** It takes effect, and no answer comes. */
  | "unanswered"
  /** It has no effect, and no answer comes. */
  | "lost"
  /** No answer comes, and it takes effect some operations later. */
  | "late"
  /** The process ends before it, or after it: nothing that follows gets through. */
  | "crashes before"
  | "crashes after"
  /** The answer takes its time. */
  | "slow"
  /** Reading an object ends before its end. */
  | "short"
  /** One bit of what is read of an object is another. */
  | "flipped";

/** Which operation is hit, and how. */
export interface FaultPlan {
  readonly fault: StoreFault;
  /** The operation that is hit, counted from 1. */
  readonly at: number;
  /** How many are hit from there on; Infinity for a store that stays broken. Default 1. */
  readonly times?: number;
}

/** A store of which some operations fail, and what was asked of it so far. */
export interface FaultyStore extends Store {
  /** The operations so far: "head", "get", "read", "put", "delete", "list". */
  readonly operations: readonly string[];
  /** Whether the fault has struck: one of reading passes operations by that do not read. */
  readonly struck: () => boolean;
}

/** How many operations a late one comes after the caller has given it up. */
const lateness = 3;
const pause = 3;

/**
 * A store with a fault at a chosen operation; without a plan it only counts. What becomes of a caller must be found out
 * through the store beneath it.
 */
export function faulty(store: Store, plan?: FaultPlan): FaultyStore {
  const operations: string[] = [];
  const late: { readonly due: number; readonly work: () => Promise<unknown> }[] = [];
  let gone = false;
  let struck = false;

  /** The fault of the operation that begins now. */
  async function begin(name: string, kinds: readonly StoreFault[]): Promise<StoreFault | undefined> {
    if (gone) throw trouble("the process is gone");
    operations.push(name);
    while (late[0] !== undefined && late[0].due <= operations.length) await late.shift()!.work();
    if (plan === undefined || !kinds.includes(plan.fault)) return undefined;
    const number = operations.length;
    if (number < plan.at || number >= plan.at + (plan.times ?? 1)) return undefined;
    struck = true;
    if (plan.fault === "slow") await new Promise((resolve) => setTimeout(resolve, pause));
    return plan.fault;
  }

  async function look<T>(name: string, work: () => Promise<T>): Promise<T> {
    const fault = await begin(name, any);
    if (fault === undefined || fault === "slow") return work();
    if (fault.startsWith("crashes")) gone = true;
    throw trouble(`${name} failed`);
  }

  async function write<T>(name: string, work: () => Promise<T>): Promise<T> {
    const fault = await begin(name, any);
    if (fault === "fails") throw trouble(`${name} failed`);
    if (fault === "crashes before" || fault === "crashes after") gone = true;
    if (fault === "crashes before") throw trouble("the process is gone");
    if (fault === "late") late.push({ due: operations.length + lateness, work: () => work().catch(() => undefined) });
    if (fault === undefined || fault === "slow") return work();
    if (fault === "unanswered" || fault === "crashes after") await work();
    throw new ModelkeepError("unknown_outcome", `[${store.name}] No answer came: injected at ${name}`);
  }

  function object(found: StoredObject): StoredObject {
    return {
      info: found.info,
      async *stream(options) {
        const fault = await begin("read", reading);
        let left = breaks(fault) || fault === "short" ? Math.floor(found.info.size / 2) : Infinity;
        let flip = fault === "flipped" ? positionOf(found) : Infinity;
        for await (const bytes of found.stream(options)) {
          const given = bytes.subarray(0, left);
          left -= given.length;
          if (given.length > 0) yield flip < given.length ? flipped(given, flip) : given;
          flip = flip < given.length ? Infinity : flip - given.length;
          if (left <= 0) break;
        }
        if (breaks(fault)) throw trouble("reading broke off");
      },
      async readInto(target, options) {
        const fault = await begin("read", reading);
        if (breaks(fault)) throw trouble("reading broke off");
        const quiet = { ...options, progress: () => undefined };
        const read = await found.readInto(target, fault === undefined ? options : quiet);
        if (fault === "flipped" && read > 0) target.set(flipped(target.subarray(0, read), positionOf(found) % read));
        const kept = fault === "short" ? Math.floor(read / 2) : read;
        if (fault !== undefined) options?.progress?.(kept);
        return kept;
      },
    };
  }

  /** Where the bit lies: another place at each operation, the same in each run. */
  function positionOf({ info }: StoredObject): number {
    return (Math.imul(operations.length, 0x9e3779b1) >>> 0) % Math.max(1, info.size);
  }

  return {
    name: store.name,
    supports: store.supports,
    operations,
    struck: () => struck,
    head: (key, options) => look("head", () => store.head(key, options)),
    get: (key, options) =>
      look("get", async () => {
        const found = await store.get(key, options);
        return found && object(found);
      }),
    put: (key, body, options) => {
      const given = body instanceof Uint8Array ? body.slice() : (body satisfies Body);
      return write("put", () => store.put(key, given, options));
    },
    delete: (key, options) => write("delete", () => store.delete(key, options)),
    async *list(prefix, options) {
      const fault = await begin("list", any);
      if (fault?.startsWith("crashes") === true) gone = true;
      const broken = fault !== undefined && fault !== "slow";
      let count = 0;
      for await (const entry of store.list(prefix, options)) {
        if (broken && count++ > 0) break;
        yield entry;
      }
      if (broken) throw trouble("listing broke off");
    },
    ...(store[Symbol.asyncDispose] && { [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]!() }),
  };

  function trouble(what: string): ModelkeepError {
    return new ModelkeepError("io_error", `[${store.name}] Injected: ${what}`);
  }
}

const any: readonly StoreFault[] = ["fails", "unanswered", "lost", "late", "crashes before", "crashes after", "slow"];
const reading: readonly StoreFault[] = [...any, "short", "flipped"];

function breaks(fault: StoreFault | undefined): boolean {
  return fault !== undefined && fault !== "short" && fault !== "flipped" && fault !== "slow";
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = copy[at]! ^ (1 << (at % 8));
  return copy;
}
