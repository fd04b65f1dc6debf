import type { PickleDict } from "./dict.js";
import { inertGlobal, knownGlobal } from "./globals/table.js";
import { danger } from "./globals/danger.js";
import { malformed, refusedGlobal } from "./errors.js";
import { PickleGlobal, PickleObject, type PickleValue } from "./value.js";

/** What happens where a pickle asks for something that is not in the table of inert names. */
export interface Policy {
  /** A name, as GLOBAL, STACK_GLOBAL and INST give it: two strings unless the pickle computes them. */
  global(module: PickleValue, name: PickleValue, offset: number): PickleValue;
  /** A call of something without an inert counterpart. */
  foreignCall(callable: PickleValue, args: readonly PickleValue[], offset: number): PickleValue;
  /** An instance of something that is no class of the table. */
  foreignInstance(type: PickleValue, args: readonly PickleValue[], offset: number, keywords?: PickleDict): PickleValue;
  /** State for something that takes none. */
  foreignBuild(target: PickleValue, state: PickleValue, offset: number): void;
  /** PERSID and BINPERSID. */
  persistent(id: PickleValue, offset: number): PickleValue;
  /** EXT1, EXT2, EXT4. */
  extension(code: number, offset: number): PickleValue;
  /** INST and OBJ: what no pickler of Python 3 writes. */
  oldInstance(type: PickleValue, args: readonly PickleValue[], opcode: string, offset: number): PickleValue;
  /** A value that cannot be made. Throws it, or gives what stands for the value. */
  trouble(error: unknown, offset: number): PickleValue;
}

/** Refuses everything outside the table; with `opaque`, unknown classes and functions become placeholders. */
export class ReadingPolicy implements Policy {
  /** As `Stack.example`. */
  static readonly example = new ReadingPolicy(false);

  readonly #globals = new Map<string, PickleGlobal>();

  constructor(private readonly opaque: boolean) {}

  global(module: PickleValue, name: PickleValue, offset: number): PickleValue {
    if (typeof module !== "string" || typeof name !== "string")
      throw malformed("A name is asked for by something that is no string", offset);
    const key = `${module}\n${name}`;
    let found = this.#globals.get(key);
    if (found === undefined) this.#globals.set(key, (found = this.#resolve(module, name, offset)));
    return found;
  }

  foreignCall(callable: PickleValue, args: readonly PickleValue[], offset: number): PickleValue {
    const type = callable instanceof PickleObject ? callable.type : callable;
    if (!(type instanceof PickleGlobal)) throw malformed("Something is called that cannot be called", offset);
    if (type.opaque) return new PickleObject(type, { by: type, args });
    throw refusedGlobal(`The pickle would call ${type.path}, which ordinary pickles only mention (at byte ${offset})`, {
      module: type.module,
      name: type.name,
      offset,
    });
  }

  foreignInstance(type: PickleValue, args: readonly PickleValue[], offset: number, keywords?: PickleDict): PickleValue {
    if (!(type instanceof PickleGlobal)) throw malformed("An instance is made of something that is no class", offset);
    if (type.opaque) return new PickleObject(type, keywords === undefined ? { args } : { args, keywords });
    return this.foreignCall(type, args, offset);
  }

  foreignBuild(_target: PickleValue, _state: PickleValue, offset: number): void {
    throw malformed("Something is given a state that takes none", offset);
  }

  persistent(_id: PickleValue, offset: number): PickleValue {
    throw malformed("PERSID: the pickle refers to objects outside of the file", offset);
  }

  extension(code: number, offset: number): PickleValue {
    throw refusedGlobal(`EXT: the pickle asks for number ${code} of a private list of names (at byte ${offset})`, {
      extension: code,
      offset,
    });
  }

  oldInstance(_type: PickleValue, _args: readonly PickleValue[], opcode: string, offset: number): PickleValue {
    throw refusedGlobal(`${opcode}: an instance made in the manner of Python 1 (at byte ${offset})`, {
      opcode,
      offset,
    });
  }

  trouble(error: unknown): never {
    throw error;
  }

  #resolve(module: string, name: string, offset: number): PickleGlobal {
    const known = knownGlobal(module, name);
    if (known !== undefined) return inertGlobal(module, name, known);
    const words = danger(module, name);
    if (this.opaque && words === undefined) return new PickleGlobal(module, name, "unknown");
    const shown = `${shorten(module)}.${shorten(name)}`;
    const why =
      words === undefined
        ? `The pickle names ${shown}, which is not among the names that are known to be data`
        : `The pickle names ${shown}: ${words}`;
    throw refusedGlobal(`${why} (at byte ${offset})`, { module, name, offset, dangerous: words !== undefined });
  }
}

/** Names come from strangers: what goes into a message is bounded and on one line. */
export function shorten(text: string, length = 80): string {
  const line = text.replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, "?");
  return line.length > length ? `${line.slice(0, length)}…` : line;
}
