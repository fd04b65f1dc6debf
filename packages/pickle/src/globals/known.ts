import { malformed } from "../errors.js";
import { PickleByteArray, PickleGlobal, PickleObject, PickleTuple, type PickleValue } from "../value.js";

/** What is known of a name: enough to stand for it, and, for the few that pickles call, to make what it would make. */
export interface KnownGlobal {
  readonly kind: "class" | "function" | "value";
  /** Makes the inert counterpart of `callable(*args)`. A name without it may be mentioned, never called. */
  readonly call?: (args: readonly PickleValue[], callable: PickleGlobal) => PickleValue;
  /** Instances take arguments: named tuples. Others come from `cls.__new__(cls)`. */
  readonly newArguments?: boolean;
  /** Instances have entries or items beside their state. */
  readonly holds?: "entries" | "items";
  /** No instances are made of it by name: abstract or built in. */
  readonly abstract?: boolean;
  /** The name under which it is known now: `__builtin__.set` is `builtins.set`. */
  readonly alias?: readonly [module: string, name: string];
}

export type KnownModule = ReadonlyMap<string, KnownGlobal>;

/** Something that is mentioned and nothing else. */
export const plainClass: KnownGlobal = { kind: "class" };
export const plainFunction: KnownGlobal = { kind: "function" };
export const abstractClass: KnownGlobal = { kind: "class", abstract: true };

/** A class whose pickles call it: the arguments are kept as they are, after `check`. */
export function constructed(
  check: (args: readonly PickleValue[]) => boolean,
  more: Partial<KnownGlobal> = {},
): KnownGlobal {
  return {
    ...more,
    kind: "class",
    call: (args, callable) => {
      if (!check(args)) throw badArguments(callable);
      return new PickleObject(callable, { by: callable, args });
    },
  };
}

/** A function that makes an instance of the class which is its first argument. */
export function makerOf(accepts: (type: PickleGlobal) => boolean): KnownGlobal {
  return {
    kind: "function",
    call: (args, callable) => {
      const type = args[0];
      if (!(type instanceof PickleGlobal) || type.kind === "function" || type.kind === "value" || !accepts(type))
        throw badArguments(callable);
      return new PickleObject(type, { by: callable, args });
    },
  };
}

export function badArguments(callable: PickleGlobal): Error {
  return malformed(`${callable.path} is called with arguments that pickles never give it`);
}

export function isCount(value: PickleValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** The items of a tuple; undefined for anything else. */
export function tupleItems(value: PickleValue | undefined): readonly PickleValue[] | undefined {
  return value instanceof PickleTuple ? value.items : undefined;
}

/** The bytes behind Python 3's bytes and Python 2's str. */
export function bytesOf(value: PickleValue | undefined): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (value instanceof PickleByteArray) return value.bytes;
  return typeof value === "string" ? latin1Bytes(value) : undefined;
}

/** Undefined when a character is beyond Latin-1. */
export function latin1Bytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0xff) return undefined;
    bytes[index] = code;
  }
  return bytes;
}
