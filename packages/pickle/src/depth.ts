import { beyondLimit } from "./errors.js";
import { PickleDict } from "./dict.js";
import { NumpyArray } from "./numpy-array.js";
import { PickleObject, PickleSet, PickleTuple, type PickleValue } from "./value.js";

/** The values that a value holds, in its order; undefined when it holds none. */
export function children(value: PickleValue): readonly PickleValue[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return value;
  if (value instanceof PickleTuple || value instanceof PickleSet) return value.items;
  if (value instanceof PickleDict) return Array.from(value).flat();
  if (value instanceof NumpyArray) return value.values;
  if (!(value instanceof PickleObject)) return undefined;
  const parts: PickleValue[] = [...value.args, ...(value.items ?? [])];
  if (value.keywords !== undefined) parts.push(value.keywords);
  if (value.state !== undefined) parts.push(value.state);
  if (value.entries !== undefined) parts.push(value.entries);
  return parts;
}

/**
 * Throws `limit_exceeded` when values are nested more deeply than `limit`. Shared values are visited once, cycles are
 * not followed: who walks the value afterwards has to mind both.
 */
export function checkDepth(root: PickleValue, limit: number): void {
  const depths = new Map<PickleValue, number>();
  const path: { value: PickleValue; parts: readonly PickleValue[]; next: number; depth: number }[] = [];
  const enter = (value: PickleValue): number => {
    const known = depths.get(value);
    if (known !== undefined) return known;
    const parts = containersIn(value);
    if (parts === undefined) return 0;
    // A value of its own path counts as a leaf.
    depths.set(value, 0);
    path.push({ value, parts, next: 0, depth: 1 });
    if (path.length > limit) throw tooDeep(limit);
    return 0;
  };
  enter(root);
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    if (top.next < top.parts.length) {
      const part = top.parts[top.next++] as PickleValue;
      top.depth = Math.max(top.depth, enter(part) + 1);
      continue;
    }
    path.pop();
    if (top.depth > limit) throw tooDeep(limit);
    depths.set(top.value, top.depth);
    const parent = path.at(-1);
    if (parent !== undefined) parent.depth = Math.max(parent.depth, top.depth + 1);
  }
}

/** The children that may have children themselves; undefined when there are none. */
function containersIn(value: PickleValue): PickleValue[] | undefined {
  let found: PickleValue[] | undefined;
  const add = (part: PickleValue | undefined): void => {
    if (typeof part === "object" && part !== null && isContainer(part)) (found ??= []).push(part);
  };
  if (value instanceof PickleDict) {
    for (const entry of value) {
      add(entry[0]);
      add(entry[1]);
    }
  } else if (value instanceof PickleObject) {
    value.args.forEach(add);
    value.items?.forEach(add);
    add(value.keywords);
    add(value.state);
    add(value.entries);
  } else {
    children(value)?.forEach(add);
  }
  return found;
}

function isContainer(value: object): boolean {
  if (value instanceof NumpyArray) return value.values !== undefined;
  return (
    value instanceof PickleDict ||
    value instanceof PickleObject ||
    value instanceof PickleTuple ||
    Array.isArray(value) ||
    value instanceof PickleSet
  );
}

function tooDeep(limit: number): Error {
  return beyondLimit(`Values are nested more than ${limit} levels deep`);
}
