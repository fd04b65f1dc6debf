import { PickleDict } from "../dict.js";
import { malformed, refusedGlobal } from "../errors.js";
import { hashableKey } from "../key.js";
import { PickleByteArray, PickleGlobal, PickleObject, PickleSet, PickleTuple, type PickleValue } from "../value.js";
import {
  abstractClass,
  badArguments,
  bytesOf,
  constructed,
  type KnownGlobal,
  type KnownModule,
  latin1Bytes,
  plainClass,
  plainFunction,
} from "./known.js";

const noArguments = (args: readonly PickleValue[]): boolean => args.length === 0;
const isInteger = (value: PickleValue): boolean => typeof value === "bigint" || Number.isSafeInteger(value);
const isReal = (value: PickleValue): boolean => typeof value === "number";
const isBound = (value: PickleValue): boolean => value === null || isInteger(value) || typeof value === "string";
const isText = (value: PickleValue): boolean => typeof value === "string";

/** A built-in collection: from nothing, or from one list or tuple. */
function collection(make: (items: readonly PickleValue[]) => PickleValue): KnownGlobal {
  return {
    kind: "class",
    abstract: true,
    call: (args, callable) => {
      const given = args[0] ?? [];
      const items = Array.isArray(given) ? given : given instanceof PickleTuple ? given.items : undefined;
      if (items === undefined || args.length > 1) throw badArguments(callable);
      return make(items);
    },
  };
}

function hashable(items: readonly PickleValue[], frozen: boolean): PickleSet {
  if (items.some((item) => hashableKey(item) === undefined)) throw malformed("A set holds what cannot be hashed");
  return new PickleSet(items, frozen);
}

/** bytes and bytearray: from nothing, from bytes, or from text with its encoding. Never from a length. */
function byteString(make: (bytes: Uint8Array) => PickleValue): KnownGlobal {
  return {
    kind: "class",
    abstract: true,
    call: (args, callable) => {
      if (args.length === 0) return make(new Uint8Array(0));
      const bytes = args.length === 1 && typeof args[0] !== "string" ? bytesOf(args[0]) : encoded(args);
      if (bytes === undefined) throw badArguments(callable);
      return make(bytes);
    },
  };
}

/** How protocols 0 to 2 write bytes; no pickle uses another encoding. */
const encode: KnownGlobal = {
  kind: "function",
  call: (args, callable) => {
    const bytes = encoded(args);
    if (bytes === undefined) throw badArguments(callable);
    return bytes;
  },
};

function encoded(args: readonly PickleValue[]): Uint8Array | undefined {
  const [text, encoding] = args;
  if (args.length !== 2 || typeof text !== "string") return undefined;
  return encoding === "latin1" || encoding === "latin-1" ? latin1Bytes(text) : undefined;
}

const none: KnownGlobal = {
  kind: "class",
  abstract: true,
  call: (args, callable) => {
    // `type(None)` is pickled as a call of `type`.
    if (args.length !== 1 || args[0] !== null) throw badArguments(callable);
    return new PickleGlobal("builtins", "NoneType", "class");
  },
};

const builtins: KnownModule = new Map<string, KnownGlobal>([
  ["object", { kind: "class", call: (args, callable) => constructedObject(args, callable) }],
  ["bytes", byteString((bytes) => bytes)],
  ["bytearray", byteString((bytes) => new PickleByteArray(bytes))],
  ["list", collection((items) => [...items])],
  ["tuple", collection((items) => new PickleTuple([...items]))],
  ["set", collection((items) => hashable(items, false))],
  ["frozenset", collection((items) => hashable(items, true))],
  ["dict", { kind: "class", abstract: true, call: (args, callable) => emptyDict(args, callable) }],
  ["complex", constructed((args) => args.length === 2 && args.every(isReal))],
  ["slice", constructed((args) => args.length === 3 && args.every(isBound))],
  ["range", constructed((args) => args.length === 3 && args.every(isInteger))],
  ["type", none],
  ...["int", "float", "str", "bool", "NoneType"].map((name): [string, KnownGlobal] => [name, abstractClass]),
  ...["Ellipsis", "NotImplemented"].map((name): [string, KnownGlobal] => [name, { kind: "value" }]),
]);

function constructedObject(args: readonly PickleValue[], callable: PickleGlobal): PickleObject {
  if (args.length > 0) throw badArguments(callable);
  return new PickleObject(callable, { by: callable });
}

function emptyDict(args: readonly PickleValue[], callable: PickleGlobal): PickleDict {
  if (args.length > 0) throw badArguments(callable);
  return new PickleDict();
}

/** A dict that is built from pairs (as Python 2 wrote it) or filled later. */
const orderedDict: KnownGlobal = {
  kind: "class",
  holds: "entries",
  call: (args, callable) => {
    const made = new PickleObject(callable, { by: callable });
    made.entries = new PickleDict();
    const pairs = args[0] ?? [];
    if (args.length > 1 || !Array.isArray(pairs)) throw badArguments(callable);
    for (const pair of pairs) {
      const [key, value, more] = Array.isArray(pair) ? pair : pair instanceof PickleTuple ? pair.items : [];
      if (key === undefined || value === undefined || more !== undefined) throw badArguments(callable);
      made.entries.set(key, value);
    }
    return made;
  },
};

const counter: KnownGlobal = {
  kind: "class",
  holds: "entries",
  call: (args, callable) => {
    const made = new PickleObject(callable, { by: callable });
    const given = args[0] ?? new PickleDict();
    if (args.length > 1 || !(given instanceof PickleDict)) throw badArguments(callable);
    made.entries = new PickleDict(given);
    return made;
  },
};

/** `_reconstructor(cls, base, state)`: how protocols 0 and 1 make an instance. */
const reconstructor: KnownGlobal = {
  kind: "function",
  call: (args, callable) => {
    const [type, base, state] = args;
    if (!(type instanceof PickleGlobal) || type.kind === "function" || type.kind === "value")
      throw badArguments(callable);
    if (!(base instanceof PickleGlobal) || base.module !== "builtins" || args.length !== 3)
      throw badArguments(callable);
    const made = new PickleObject(type);
    if (base.name === "object" && state === null) return made;
    if (base.name === "dict" && state instanceof PickleDict) made.entries = new PickleDict(state);
    else if (base.name === "list" && Array.isArray(state)) made.items = [...state];
    else throw badArguments(callable);
    return made;
  },
};

/** A function with some of its arguments: of functions that are data themselves, and never called here. */
const partial: KnownGlobal = {
  kind: "class",
  call: (args, callable) => {
    const [target] = args;
    if (args.length !== 1 || !(target instanceof PickleGlobal) || target.kind === "class" || target.kind === "value")
      throw refusedGlobal("functools.partial is given something that is no known function, to be called later", {
        module: "functools",
        name: "partial",
      });
    return new PickleObject(callable, { by: callable, args, opaque: target.opaque });
  },
};

const moments = constructed((args) => bytesOf(args[0]) !== undefined && args.length <= 2);

function python2(names: Iterable<string>, known: KnownModule, module: string): KnownModule {
  return new Map(
    Array.from(names, (name) => {
      const now = name === "xrange" ? "range" : name === "unicode" ? "str" : name === "long" ? "int" : name;
      return [name, { ...(known.get(now) as KnownGlobal), alias: [module, now] as const }];
    }),
  );
}

const copyreg: KnownModule = new Map<string, KnownGlobal>([
  ["_reconstructor", reconstructor],
  // Called like the opcode NEWOBJ, under the same rules.
  ["__newobj__", plainFunction],
]);

/** The few names of Python's own library that data needs. */
export const pythonModules: readonly (readonly [string, KnownModule])[] = [
  ["builtins", builtins],
  ["__builtin__", python2([...builtins.keys(), "xrange", "unicode", "long"], builtins, "builtins")],
  ["copyreg", copyreg],
  ["copy_reg", python2(copyreg.keys(), copyreg, "copyreg")],
  ["_codecs", new Map([["encode", encode]])],
  [
    "collections",
    new Map<string, KnownGlobal>([
      ["OrderedDict", orderedDict],
      ["Counter", counter],
      ["defaultdict", constructed((args) => args.length <= 1 && args.every(isFactory), { holds: "entries" })],
      ["deque", constructed((args) => args.length <= 2, { holds: "items" })],
    ]),
  ],
  [
    "datetime",
    new Map<string, KnownGlobal>([
      ["date", moments],
      ["time", moments],
      ["datetime", moments],
      ["timedelta", constructed((args) => args.length === 3 && args.every(isInteger))],
      ["timezone", constructed((args) => args.length <= 2)],
    ]),
  ],
  ["decimal", new Map([["Decimal", constructed((args) => args.length === 1 && args.every(isText))]])],
  ["fractions", new Map([["Fraction", constructed((args) => args.length <= 2)]])],
  ["uuid", new Map([["UUID", plainClass]])],
  [
    "pathlib",
    new Map(
      ["Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath"].map((name) => [
        name,
        constructed((args) => args.every(isText)),
      ]),
    ),
  ],
  ["functools", new Map([["partial", partial]])],
  ["types", new Map([["SimpleNamespace", constructed(noArguments)]])],
];

/** `defaultdict(list)`: only built-in types; a factory is called by Python on every missing key. */
function isFactory(value: PickleValue): boolean {
  return value === null || (value instanceof PickleGlobal && value.module === "builtins" && value.kind === "class");
}
