import { PickleDict } from "../dict.js";
import { NumpyArray } from "../numpy-array.js";
import { NumpyDType } from "../numpy-dtype.js";
import { NumpyScalar } from "../numpy-scalar.js";
import { shorten } from "../policy.js";
import { describe } from "../scan/describe.js";
import { PickleByteArray, PickleGlobal, PickleObject, PickleSet, PickleTuple, type PickleValue } from "../value.js";

/** A value as JSON: plain values as they are, others by what they are. */
export type TreeNode =
  | null
  | boolean
  | number
  | string
  | {
      readonly class?: string;
      /** Its name is not known to be data. */
      readonly opaque?: true;
      readonly attributes?: Readonly<Record<string, TreeNode>>;
      readonly entries?: readonly (readonly [TreeNode, TreeNode])[];
      readonly list?: readonly TreeNode[];
      readonly tuple?: readonly TreeNode[];
      readonly set?: readonly TreeNode[];
      readonly array?: string;
      readonly shape?: readonly number[];
      readonly name?: string;
      /** Left out: how many there are beyond those shown. */
      readonly more?: number;
      /** Shown elsewhere already, or nested too deeply to be shown. */
      readonly elided?: string;
    };

const deepest = 16;
const mostShown = 60;
const mostNodes = 20_000;

/** The shape of a value: each object once, bounded in depth, width and number. */
export function treeOf(root: PickleValue): TreeNode {
  const seen = new Set<PickleValue>();
  let nodes = 0;

  const many = (items: readonly PickleValue[], depth: number): { shown: TreeNode[]; more?: { more: number } } => {
    const shown = items.slice(0, mostShown).map((item) => node(item, depth + 1));
    return items.length > mostShown ? { shown, more: { more: items.length - mostShown } } : { shown };
  };

  const pairs = (dict: PickleDict, depth: number): { entries: [TreeNode, TreeNode][]; more?: number } => {
    const shown = Array.from(dict).slice(0, mostShown);
    const entries = shown.map(([key, item]): [TreeNode, TreeNode] => [node(key, depth + 1), node(item, depth + 1)]);
    return dict.size > mostShown ? { entries, more: dict.size - mostShown } : { entries };
  };

  const object = (value: PickleObject, depth: number): TreeNode => {
    const attributes = new Map<string, TreeNode>();
    for (const [name, item] of value.attributes()) {
      if (attributes.size >= mostShown * 4) break;
      attributes.set(shorten(name), node(item, depth + 1));
    }
    const arguments_ = value.args.filter((item) => !(item instanceof PickleGlobal));
    return {
      class: value.type.path,
      ...(value.opaque ? { opaque: true } : {}),
      ...(attributes.size > 0 ? { attributes: Object.fromEntries(attributes) } : {}),
      ...(value.entries === undefined ? {} : pairs(value.entries, depth)),
      ...(value.items === undefined ? {} : { list: many(value.items, depth).shown }),
      ...(arguments_.length > 0 && attributes.size === 0 ? { tuple: many(arguments_, depth).shown } : {}),
    };
  };

  const node = (value: PickleValue, depth: number): TreeNode => {
    if (value === null || typeof value !== "object") return plain(value);
    if (value instanceof Uint8Array || value instanceof PickleByteArray) return describe(value);
    if (value instanceof NumpyScalar) return node(value.value, depth);
    if (value instanceof NumpyDType) return { class: "numpy.dtype", name: value.toString() };
    if (value instanceof PickleGlobal) return { name: value.path, ...(value.opaque ? { opaque: true } : {}) };
    if (value instanceof NumpyArray && value.values === undefined)
      return { array: value.dtype.toString(), shape: value.shape };
    if (seen.has(value)) return { elided: "shown before" };
    if (depth > deepest || ++nodes > mostNodes) return { elided: "more" };
    seen.add(value);
    if (value instanceof PickleObject) return object(value, depth);
    if (value instanceof PickleDict) return pairs(value, depth);
    const [kind, items] = Array.isArray(value)
      ? (["list", value] as const)
      : value instanceof PickleTuple
        ? (["tuple", value.items] as const)
        : value instanceof PickleSet
          ? (["set", value.items] as const)
          : (["list", value.values ?? []] as const);
    const { shown, more } = many(items, depth);
    const array = value instanceof NumpyArray ? { array: value.dtype.toString(), shape: value.shape } : {};
    return { ...array, [kind]: shown, ...more };
  };

  return node(root, 0);
}

function plain(value: string | number | bigint | boolean | null): TreeNode {
  if (typeof value === "bigint") return describe(value);
  if (typeof value === "string") return shorten(value, 200);
  // What JSON has no numbers for.
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (Object.is(value, -0)) return "-0";
  return value;
}
