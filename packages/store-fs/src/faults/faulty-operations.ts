import type { Awaitable, FileOperations } from "../file-operations.js";

/** What happens at the chosen call; a killed process makes no further ones. */
export type Fault = "EIO" | "ENOSPC" | "short" | "killed before" | "killed after";

/** Which call fails, and how. */
export interface FaultPlan {
  readonly fault: Fault;
  /** The first call that fails, counted from 1. */
  readonly at: number;
  /** All calls from there on, as of a disk that stays full or broken. */
  readonly persistent?: boolean;
}

/** What a call throws in a process that was killed: nothing may catch it and go on. */
export class Killed extends Error {}

/** Calls of which one fails, and what was called so far. */
export interface FaultyOperations extends FileOperations {
  /** The names of the calls so far. */
  readonly calls: readonly string[];
}

/** The given operations, with a fault. */
export function faultyOperations(good: FileOperations, plan?: FaultPlan): FaultyOperations {
  const calls: string[] = [];
  let killed = false;
  function perform(name: string, call: () => unknown): unknown {
    if (killed) throw new Killed(`${name} after the end of the process`);
    calls.push(name);
    const hit = plan !== undefined && (plan.persistent ? calls.length >= plan.at : calls.length === plan.at);
    if (!hit || plan.fault === "short") return call();
    if (plan.fault === "killed before") {
      killed = true;
      throw new Killed(`before ${name}`);
    }
    if (plan.fault === "killed after") {
      killed = true;
      return Promise.resolve(call()).finally(() => {
        throw new Killed(`after ${name}`);
      });
    }
    // What the process has can always be closed.
    if (name === "close") return call();
    throw Object.assign(new Error(`${plan.fault}: injected, ${name}`), { code: plan.fault, syscall: name });
  }
  const isShort = (): boolean =>
    plan?.fault === "short" && (plan.persistent ? calls.length + 1 >= plan.at : calls.length + 1 === plan.at);
  const cut = (bytes: Uint8Array): Uint8Array => (isShort() ? bytes.subarray(0, Math.ceil(bytes.length / 3)) : bytes);
  const wrapped = Object.fromEntries(
    Object.entries(good).map(([name, operation]: [string, (...values: unknown[]) => Awaitable<unknown>]) => [
      name,
      (...values: unknown[]) => {
        const given = values.map((value) => (value instanceof Uint8Array ? cut(value) : value));
        return perform(name, () => operation(...given));
      },
    ]),
  );
  return { ...(wrapped as unknown as FileOperations), calls };
}
