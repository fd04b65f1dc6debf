import { isModelkeepError } from "@modelkeep/core";

import type { PickleDict } from "../dict.js";
import { danger } from "../globals/danger.js";
import { inertGlobal, knownGlobal } from "../globals/table.js";
import { NumpyScalar } from "../numpy-scalar.js";
import { type Policy, shorten } from "../policy.js";
import { PickleByteArray, PickleGlobal, PickleObject, type PickleValue } from "../value.js";
import { codeOf } from "./code.js";
import { describe, describeCall } from "./describe.js";
import type { ScanFinding, ScannedGlobal, Verdict } from "./finding.js";

/** Names in a report: an attacker may ask for millions. */
const mostReported = 1000;

/** Goes on where the reader stops, and writes down what Python would have done. */
export class ScanningPolicy implements Policy {
  readonly findings: ScanFinding[] = [];
  /** Bytes that calls were given: pickles perhaps. */
  readonly payloads: Uint8Array[] = [];
  readonly #globals = new Map<
    string,
    { value: PickleGlobal; report: { -readonly [K in keyof ScannedGlobal]: ScannedGlobal[K] } }
  >();
  #worst: Verdict = "clean";

  /** `references`: PyTorch's pickles refer to tensors beside them; others have no business to. */
  constructor(private readonly references: boolean) {}

  get globals(): ScannedGlobal[] {
    return Array.from(this.#globals.values(), (entry) => entry.report);
  }

  report(finding: ScanFinding): void {
    if (this.findings.length < mostReported) this.findings.push(finding);
    // What does not fit any more still decides.
    else if (finding.verdict === "dangerous" && this.#worst !== "dangerous") this.findings.push(finding);
    if (finding.verdict === "dangerous") this.#worst = "dangerous";
  }

  global(module: PickleValue, name: PickleValue, offset: number): PickleValue {
    if (typeof module !== "string" || typeof name !== "string") return this.#computedName(module, name, offset);
    const key = `${module}\n${name}`;
    const entry = this.#globals.get(key);
    if (entry !== undefined) {
      entry.report.count++;
      return entry.value;
    }
    const known = knownGlobal(module, name);
    const does = known === undefined ? danger(module, name) : undefined;
    const verdict = known !== undefined ? "known" : does === undefined ? "unknown" : "dangerous";
    const value = known === undefined ? new PickleGlobal(module, name, "unknown") : inertGlobal(module, name, known);
    const report = { module, name, verdict, count: 1, offset, ...(does === undefined ? {} : { does }) } as const;
    if (this.#globals.size < mostReported * 10) this.#globals.set(key, { value, report });
    if (verdict !== "known") {
      const path = `${shorten(module)}.${shorten(name)}`;
      const message =
        does === undefined ? `Names ${path}, which is not known to be data` : `Names ${path}, which ${does}`;
      this.report({ verdict, kind: "name", message, offset, module, name });
    }
    return value;
  }

  foreignCall(callable: PickleValue, args: readonly PickleValue[], offset: number): PickleValue {
    const type = calledType(callable);
    if (type === undefined) {
      this.#malformed("Calls something that cannot be called", offset);
      return placeholder(args);
    }
    this.#collect(args);
    const code = codeOf(callable, args);
    const call = describeCall(callable, args);
    const does = type.opaque || callable instanceof PickleObject ? danger(type.module, type.name) : undefined;
    const verdict = does === undefined && code === undefined ? "unknown" : "dangerous";
    const made = code === undefined ? `Would call ${call}` : `Carries Python code: ${code}`;
    this.report({ verdict, kind: code === undefined ? "call" : "code", message: made, offset, ...named(type), call });
    return new PickleObject(type, { by: type, args, opaque: true });
  }

  foreignInstance(type: PickleValue, args: readonly PickleValue[], offset: number, keywords?: PickleDict): PickleValue {
    if (!(type instanceof PickleGlobal) || !type.opaque) return this.foreignCall(type, args, offset);
    if (args.length > 0 || danger(type.module, type.name) !== undefined) {
      const call = describeCall(type, args);
      const verdict = danger(type.module, type.name) === undefined ? "unknown" : "dangerous";
      this.report({ verdict, kind: "call", message: `Would make an instance: ${call}`, offset, ...named(type), call });
    }
    this.#collect(args);
    return new PickleObject(type, keywords === undefined ? { args } : { args, keywords });
  }

  foreignBuild(target: PickleValue, state: PickleValue, offset: number): void {
    if (target instanceof PickleGlobal) {
      const message = `Would change ${describe(target)} itself: ${shorten(describe(state), 300)}`;
      this.report({ verdict: "dangerous", kind: "call", message, offset, ...named(target) });
    } else {
      this.#malformed("Gives a state to something that takes none", offset);
    }
  }

  persistent(id: PickleValue, offset: number): PickleValue {
    if (!this.references) this.#malformed("PERSID: refers to objects outside of the file", offset);
    return new PickleObject(new PickleGlobal("", "reference", "class"), { args: [id] });
  }

  extension(code: number, offset: number): PickleValue {
    const message = `EXT: asks for number ${code} of a private list of names, which could stand for anything`;
    this.report({ verdict: "unknown", kind: "name", message, offset });
    return new PickleGlobal("", `extension ${code}`, "unknown");
  }

  oldInstance(type: PickleValue, args: readonly PickleValue[], opcode: string, offset: number): PickleValue {
    if (!(type instanceof PickleGlobal) || type.opaque) return this.foreignCall(type, args, offset);
    const call = describeCall(type, args);
    const message = `${opcode}: would call ${call} in the manner of Python 1, which no current tool writes`;
    this.report({ verdict: "unknown", kind: "call", message, offset, ...named(type), call });
    return new PickleObject(type, { by: type, args, opaque: true });
  }

  trouble(error: unknown, offset: number): PickleValue {
    if (!isModelkeepError(error)) throw error;
    if (error.code === "limit_exceeded" || error.code === "aborted") throw error;
    const verdict = error.code === "pickle_global" ? "dangerous" : "malformed";
    this.report({ verdict, kind: verdict === "dangerous" ? "call" : "stream", message: error.message, offset });
    return placeholder([]);
  }

  #computedName(module: PickleValue, name: PickleValue, offset: number): PickleValue {
    const parts = [module, name];
    const computed = parts.some((part) => part instanceof PickleObject || part instanceof PickleGlobal);
    const shown = parts.map((part) => describe(part)).join(" and ");
    if (computed) {
      const message = `Asks for a name that is computed while loading, from ${shorten(shown, 300)}: this hides what it is`;
      this.report({ verdict: "dangerous", kind: "name", message, offset });
    } else if (!parts.some((part) => part instanceof NumpyScalar)) {
      this.#malformed(`Asks for a name by ${shorten(shown, 100)}, which are no strings`, offset);
    }
    return new PickleGlobal("", shorten(shown, 100), "unknown");
  }

  #malformed(message: string, offset: number): void {
    this.report({ verdict: "malformed", kind: "stream", message: `${message} (at byte ${offset})`, offset });
  }

  #collect(args: readonly PickleValue[]): void {
    for (const value of args) {
      const bytes = value instanceof PickleByteArray ? value.bytes : value;
      if (bytes instanceof Uint8Array && this.payloads.length < 100) this.payloads.push(bytes);
    }
  }
}

function calledType(callable: PickleValue): PickleGlobal | undefined {
  if (callable instanceof PickleGlobal) return callable;
  return callable instanceof PickleObject ? callable.type : undefined;
}

/** What stands for a value that could not be made. */
function placeholder(args: readonly PickleValue[]): PickleObject {
  return new PickleObject(new PickleGlobal("", "unreadable", "unknown"), { args });
}

function named(type: PickleGlobal): { module: string; name: string } {
  return { module: type.module, name: type.name };
}
