import type { PickleDict } from "./dict.js";
import type { NumpyArray } from "./numpy-array.js";
import type { NumpyDType } from "./numpy-dtype.js";
import type { NumpyScalar } from "./numpy-scalar.js";

/**
 * Everything that a pickle can become here. Python's None is null; int is a number, or a bigint beyond 2^53 - 1;
 * float is a number; bytes is a view on the file; list is an array. Nothing has behaviour of the file's own.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleByteArray
  | PickleValue[]
  | PickleTuple
  | PickleDict
  | PickleSet
  | PickleGlobal
  | PickleObject
  | NumpyArray
  | NumpyDType
  | NumpyScalar;

/** Python's bytearray: bytes that can be changed there. */
export class PickleByteArray {
  constructor(readonly bytes: Uint8Array) {}
}

/** A Python tuple. */
export class PickleTuple {
  /** As `Stack.example`. */
  static readonly example = new PickleTuple([]);

  constructor(readonly items: readonly PickleValue[]) {}
}

/** A Python set, or a frozenset, in the order in which the file has its items. */
export class PickleSet {
  readonly items: PickleValue[];

  constructor(
    items: readonly PickleValue[],
    readonly frozen: boolean,
  ) {
    this.items = [...items];
  }
}

/** A module's member by name: a class, a function, or a value. It stands for it and does nothing. */
export class PickleGlobal {
  /** As `Stack.example`. */
  static readonly example = new PickleGlobal("builtins", "object", "class");

  constructor(
    readonly module: string,
    readonly name: string,
    readonly kind: "class" | "function" | "value" | "unknown",
  ) {}

  /** "sklearn.pipeline.Pipeline". */
  get path(): string {
    return `${this.module}.${this.name}`;
  }

  /** Outside the table of known names: kept because the caller asked for placeholders. */
  get opaque(): boolean {
    return this.kind === "unknown";
  }
}

export interface PickleObjectParts {
  /** The callable that makes it when that is not `type.__new__`: "sklearn.tree._tree.Tree", "…_kd_tree.newObj". */
  readonly by?: PickleGlobal;
  readonly args?: readonly PickleValue[];
  readonly keywords?: PickleDict;
  readonly opaque?: boolean;
}

/** An instance: which class, made from which arguments, with which state. */
export class PickleObject {
  /** As `Stack.example`. */
  static readonly example = new PickleObject(PickleGlobal.example);

  readonly by: PickleGlobal | undefined;
  readonly args: readonly PickleValue[];
  readonly keywords: PickleDict | undefined;
  /** It is, or was made by, something outside the table of known names: to be shown, never to be converted. */
  readonly opaque: boolean;
  /** What BUILD gave it: a dict of attributes as a rule, (dict, slots) or whatever the class's `__setstate__` takes. */
  state: PickleValue | undefined;
  /** Items of an instance that is a list as well. */
  items: PickleValue[] | undefined;
  /** Entries of an instance that is a dict as well: OrderedDict, Bunch. */
  entries: PickleDict | undefined;

  constructor(
    readonly type: PickleGlobal,
    parts: PickleObjectParts = {},
  ) {
    this.by = parts.by;
    this.args = parts.args ?? [];
    this.keywords = parts.keywords;
    this.opaque = parts.opaque ?? type.opaque;
  }

  get module(): string {
    return this.type.module;
  }

  get name(): string {
    return this.type.name;
  }

  /** An attribute from the state; undefined when there is none of that name. */
  attribute(name: string): PickleValue | undefined {
    for (const part of stateParts(this.state)) {
      const found = part.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Attributes from the state, in its order. Keys that are no strings are left out. */
  *attributes(): Generator<[string, PickleValue]> {
    for (const part of stateParts(this.state)) {
      for (const [key, value] of part) if (typeof key === "string") yield [key, value];
    }
  }
}

function stateParts(state: PickleValue | undefined): PickleDict[] {
  if (isDict(state)) return [state];
  if (state instanceof PickleTuple && state.items.length === 2) return state.items.filter(isDict);
  return [];
}

// By its brand and not by `instanceof`: dict.ts needs the classes of this file.
function isDict(value: unknown): value is PickleDict {
  return typeof value === "object" && value !== null && (value as { isPickleDict?: unknown }).isPickleDict === true;
}
