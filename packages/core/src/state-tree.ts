import { ModelkeepError } from "./errors.js";
import type { StateValue } from "./state.js";
import { isTensor, type Tensor } from "./tensor.js";

/**
 * State as a tree that text and binary formats can hold. What they lack is an object with one key that begins with "$":
 * `{"$number": "-0" | "NaN" | "Infinity" | "-Infinity"}`, and `{"$tensor": …}` with whatever the format puts there.
 * A key of the model's own that begins with "$", or is `__proto__`, gets one more "$" in front: so no file of ours
 * contains `__proto__`, and no model can pretend to be a marker.
 */
export type StateTree<Leaf> =
  | null
  | boolean
  | number
  | string
  | readonly StateTree<Leaf>[]
  | ReadonlyMap<string, StateTree<Leaf>>
  | Leaf;

/** The deepest nesting of a state, counting lists and objects. */
export const stateDepth = 1000;

/** Where in a state something is: keys and indices from the root on. */
export type StatePath = readonly (string | number)[];

/**
 * The tree of a state: objects are Maps in the order of their keys, a tensor is what `leaf` makes of it, marked by the
 * format itself. `invalid_input` names the place of anything that is not plain state.
 */
export function stateToTree<Leaf>(state: StateValue, leaf: (tensor: Tensor, path: StatePath) => Leaf): StateTree<Leaf> {
  const path: (string | number)[] = [];
  const fault = (message: string) =>
    new ModelkeepError(
      "invalid_input",
      `The state has ${message} at ${statePathText(path)}: plain values and tensors only`,
    );

  const visit = (value: unknown): StateTree<Leaf> => {
    if (value === null || typeof value === "boolean") return value;
    if (typeof value === "number") return numberToTree(value);
    if (typeof value === "string") {
      if (!value.isWellFormed()) throw fault("a text with half a surrogate pair");
      return value;
    }
    if (typeof value !== "object") throw fault(typeof value === "undefined" ? "undefined" : `a ${typeof value}`);
    if (isTensor(value)) return leaf(value, path);
    if (path.length >= stateDepth) throw fault(`values nested deeper than ${stateDepth}`);
    if (Array.isArray(value)) {
      const list: StateTree<Leaf>[] = [];
      for (let index = 0; index < value.length; index++) {
        path.push(index);
        list.push(visit(value[index]));
        path.pop();
      }
      return list;
    }
    if (!isRecord(value)) throw fault(`an object of the class ${className(value)}`);
    const record = new Map<string, StateTree<Leaf>>();
    for (const key of Object.keys(value)) {
      path.push(key);
      if (!key.isWellFormed()) throw fault("a key with half a surrogate pair");
      record.set(key.startsWith("$") || key === "__proto__" ? `$${key}` : key, visit(value[key]));
      path.pop();
    }
    return record;
  };
  return visit(state);
}

/**
 * The state of a tree that a parser made: of Maps or of objects, without duplicate keys. `tensor` reads what the format
 * put under "$tensor". Objects come without a prototype. Anything else in the tree is `malformed`.
 */
export function treeToState(tree: unknown, tensor: (marked: unknown) => Tensor): StateValue {
  let depth = 0;
  const visit = (value: unknown): StateValue => {
    if (value === null || typeof value === "boolean" || typeof value === "number") return value;
    if (typeof value === "string") return wellFormed(value);
    if (typeof value !== "object") throw malformed(`a ${typeof value}`);
    const entries = Array.isArray(value) ? undefined : entriesOf(value);
    const first: unknown = entries?.length === 1 ? entries[0]?.[0] : undefined;
    if (first === "$tensor") return tensor(entries![0]![1]);
    if (first === "$number") return numberFromTree(entries![0]![1]);
    if (++depth > stateDepth)
      throw new ModelkeepError("limit_exceeded", `The state is nested deeper than ${stateDepth}`);
    const result = entries === undefined ? (value as unknown[]).map(visit) : record(entries, visit);
    depth--;
    return result;
  };
  return visit(tree);
}

/** `trees.0.threshold`, for messages and names of tensors; "state" for the root. */
export function statePathText(path: StatePath): string {
  return path.length === 0 ? "state" : path.slice(0, 20).join(".") + (path.length > 20 ? "…" : "");
}

function entriesOf(value: object): readonly (readonly [unknown, unknown])[] {
  if (value instanceof Map) return [...(value as ReadonlyMap<unknown, unknown>)];
  if (isRecord(value)) return Object.entries(value);
  throw malformed(`an object of the class ${className(value)}`);
}

function record(
  entries: readonly (readonly [unknown, unknown])[],
  visit: (value: unknown) => StateValue,
): Record<string, StateValue> {
  const result = Object.create(null) as Record<string, StateValue>;
  for (const [name, value] of entries) {
    if (typeof name !== "string") throw malformed("a key that is no text");
    result[ownKey(wellFormed(name))] = visit(value);
  }
  return result;
}

function ownKey(name: string): string {
  if (name === "__proto__") throw malformed('the key "__proto__"');
  if (!name.startsWith("$")) return name;
  if (name.startsWith("$$") || name === "$__proto__") return name.slice(1);
  throw malformed(`the unknown marker ${JSON.stringify(name.slice(0, 60))}`);
}

function numberToTree<Leaf>(value: number): StateTree<Leaf> {
  if (Object.is(value, -0)) return new Map([["$number", "-0"]]);
  return Number.isFinite(value) ? value : new Map([["$number", String(value)]]);
}

function numberFromTree(marked: unknown): number {
  if (marked === "-0" || marked === "NaN" || marked === "Infinity" || marked === "-Infinity") return Number(marked);
  throw malformed('a "$number" that is none of "-0", "NaN", "Infinity" and "-Infinity"');
}

function wellFormed(text: string): string {
  if (!text.isWellFormed()) throw malformed("a text with half a surrogate pair");
  return text;
}

/** Objects of this realm or another, and those without a prototype; no instances of classes. */
function isRecord(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function className(value: object): string {
  const { constructor } = value as { constructor?: unknown };
  return typeof constructor === "function" ? constructor.name : "unknown";
}

function malformed(what: string): ModelkeepError {
  return new ModelkeepError("malformed", `The state in the file has ${what}`);
}
