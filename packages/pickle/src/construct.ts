import { PickleDict } from "./dict.js";
import { malformed, refusedGlobal } from "./errors.js";
import { emptyArray } from "./globals/numpy.js";
import { knownGlobal } from "./globals/table.js";
import { NumpyArray } from "./numpy-array.js";
import { NumpyDType } from "./numpy-dtype.js";
import { arrayState, completeDType } from "./numpy-state.js";
import type { Policy } from "./policy.js";
import { PickleGlobal, PickleObject, PickleTuple, type PickleValue } from "./value.js";

/** REDUCE: the inert counterpart of `callable(*args)`. */
export function reduce(callable: PickleValue, args: PickleValue, policy: Policy, offset: number): PickleValue {
  if (!(args instanceof PickleTuple)) throw malformed("A call has arguments that are no tuple", offset);
  if (!(callable instanceof PickleGlobal)) return policy.foreignCall(callable, args.items, offset);
  if (callable.module === "copyreg" && callable.name === "__newobj__")
    return newObject(args.items[0] ?? null, new PickleTuple(args.items.slice(1)), undefined, policy, offset);
  const make = knownGlobal(callable.module, callable.name)?.call;
  return make === undefined ? policy.foreignCall(callable, args.items, offset) : make(args.items, callable);
}

/** NEWOBJ and NEWOBJ_EX: the inert counterpart of `type.__new__(type, *args, **keywords)`. */
export function newObject(
  type: PickleValue,
  args: PickleValue,
  keywords: PickleValue | undefined,
  policy: Policy,
  offset: number,
): PickleValue {
  if (!(args instanceof PickleTuple) || !(keywords === undefined || keywords instanceof PickleDict))
    throw malformed("An instance is made from arguments that are no tuple", offset);
  if (!(type instanceof PickleGlobal)) return policy.foreignInstance(type, args.items, offset);
  if (type.opaque) return policy.foreignInstance(type, args.items, offset, keywords);
  const known = knownGlobal(type.module, type.name);
  if (known?.kind !== "class") return policy.foreignInstance(type, args.items, offset);
  if (args.items.length === 0 && type.module.startsWith("numpy") && known.abstract) return emptyArray(type);
  if (known.abstract || (args.items.length > 0 && !known.newArguments) || (keywords?.size ?? 0) > 0)
    throw malformed(`${type.path} is instantiated in a way that pickles never use`, offset);
  const made = new PickleObject(type, { args: args.items });
  if (known.holds === "entries") made.entries = new PickleDict();
  if (known.holds === "items") made.items = [];
  return made;
}

/** BUILD: gives an instance its state. */
export function build(target: PickleValue, state: PickleValue, policy: Policy, offset: number): void {
  if (target instanceof NumpyDType) completeDType(target, state);
  else if (target instanceof NumpyArray) arrayState(target, state);
  else if (target instanceof PickleObject) setState(target, state);
  else policy.foreignBuild(target, state, offset);
}

/** As `__dict__.update`: a later state adds to the former one. */
function setState(target: PickleObject, state: PickleValue): void {
  if (state instanceof PickleDict && state.has("__setstate__")) {
    const { module, name } = target;
    const message = `The pickle gives an instance of ${target.type.path} a __setstate__ of its own, which Python would call`;
    throw refusedGlobal(message, { module, name });
  }
  if (target.state instanceof PickleDict && state instanceof PickleDict) {
    const merged = new PickleDict(target.state);
    for (const [key, value] of state) merged.set(key, value);
    target.state = merged;
  } else {
    target.state = state;
  }
}
