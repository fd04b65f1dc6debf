import type { Compression } from "../decompress/decompress.js";
import { NumpyArray } from "../numpy-array.js";
import type { ReadPickleOptions } from "../read.js";
import { children } from "../depth.js";
import { PickleDict } from "../dict.js";
import { scanWithValue, type ScanReport } from "../scan/scan.js";
import type { Memory } from "../input.js";
import { PickleObject, PickleTuple, type PickleValue } from "../value.js";
import { type TreeNode, treeOf } from "./tree.js";

export type { TreeNode } from "./tree.js";

/** An array in a pickle, and where. */
export interface InspectedArray {
  /** Where it is: "steps.1.1.estimators_.0.tree_.nodes". */
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** What is in a pickle or joblib file. Plain JSON values only. */
export interface PickleInspection {
  /** What a scan says of it. */
  readonly scan: ScanReport;
  /** "sklearn.pipeline.Pipeline", "dict"; undefined when the file cannot be read to its end. */
  readonly type: string | undefined;
  /** Classes, attributes, arrays; bounded. */
  readonly tree: TreeNode | undefined;
  readonly arrays: readonly InspectedArray[];
  /** Classes by name, with how many instances. */
  readonly classes: Readonly<Record<string, number>>;
  /** Versions of libraries that the file tells: {"scikit-learn": ["1.2.1"]}. */
  readonly versions: Readonly<Record<string, readonly string[]>>;
  readonly compression: Compression | undefined;
  readonly protocol: number | undefined;
  readonly joblib: boolean;
}

const mostArrays = 2000;
const mostVisited = 2_000_000;

/** Looks at a file without deciding about it: what cannot be read is in the scan's findings. */
export function inspectPickle(
  source: Memory | ArrayBuffer,
  path: string,
  options: ReadPickleOptions = {},
): PickleInspection {
  const { report, result, compression } = scanWithValue(source, path, options);
  const found = result === undefined ? undefined : survey(result.value);
  return {
    scan: report,
    type: result === undefined ? undefined : typeOf(result.value),
    tree: result === undefined ? undefined : treeOf(result.value),
    arrays: found?.arrays ?? [],
    classes: found?.classes ?? {},
    versions: { ...found?.versions, ...numpyVersion(report) },
    compression,
    protocol: result?.protocol,
    joblib: result?.joblib ?? false,
  };
}

/** Arrays, classes and versions, each value visited once. */
function survey(root: PickleValue): Pick<PickleInspection, "arrays" | "classes" | "versions"> {
  const arrays: InspectedArray[] = [];
  const classes = new Map<string, number>();
  const versions = new Map<string, Set<string>>();
  const seen = new Set<PickleValue>();
  const waiting: { readonly value: PickleValue; readonly path: string }[] = [{ value: root, path: "" }];
  for (let next = waiting.pop(); next !== undefined && seen.size < mostVisited; next = waiting.pop()) {
    const { value, path } = next;
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof NumpyArray && arrays.length < mostArrays)
      arrays.push({ name: path, dtype: value.dtype.toString(), shape: value.shape, bytes: value.byteLength });
    if (value instanceof PickleObject) {
      classes.set(value.type.path, (classes.get(value.type.path) ?? 0) + 1);
      noteVersion(value, versions);
    }
    waiting.push(...named(value, path).toReversed());
  }
  return {
    arrays,
    classes: Object.fromEntries(classes),
    versions: Object.fromEntries(Array.from(versions, ([library, found]) => [library, [...found].toSorted()])),
  };
}

/** What a value holds, with the path to it. */
function named(value: PickleValue, path: string): { value: PickleValue; path: string }[] {
  const join = (name: string | number): string => (path === "" ? String(name) : `${path}.${name}`).slice(0, 400);
  if (value instanceof PickleDict)
    return Array.from(value, ([key, item]) => ({ value: item, path: join(keyName(key)) }));
  if (value instanceof PickleObject && value.state instanceof PickleDict) {
    const rest = (children(value) ?? []).filter((part) => part !== value.state);
    return [...named(value.state, path), ...rest.map((part) => ({ value: part, path }))];
  }
  if (value instanceof PickleObject && value.state instanceof PickleTuple)
    return (children(value) ?? []).map((part) => ({ value: part, path }));
  return (children(value) ?? []).map((part, index) => ({ value: part, path: join(index) }));
}

function keyName(key: PickleValue): string {
  return typeof key === "string" || typeof key === "number" ? String(key) : "…";
}

const versionAttributes = new Map([
  ["_sklearn_version", "scikit-learn"],
  ["__version__", "unknown"],
]);

function noteVersion(value: PickleObject, versions: Map<string, Set<string>>): void {
  for (const [attribute, library] of versionAttributes) {
    const version = value.attribute(attribute);
    if (typeof version !== "string" || version.length > 40) continue;
    const name = library === "unknown" ? (value.module.split(".")[0] ?? library) : library;
    let found = versions.get(name);
    if (found === undefined) versions.set(name, (found = new Set()));
    if (found.size < 20) found.add(version);
  }
}

/** NumPy 2 moved its core; that is all a pickle tells about it. */
function numpyVersion(report: ScanReport): Record<string, readonly string[]> {
  const modules = report.globals.map((global) => global.module);
  if (modules.some((module) => module.startsWith("numpy._core"))) return { numpy: [">=2"] };
  return modules.some((module) => module.startsWith("numpy.core")) ? { numpy: ["<2"] } : {};
}

function typeOf(value: PickleValue): string {
  if (value instanceof PickleObject) return value.type.path;
  if (value instanceof PickleDict) return "dict";
  if (value instanceof PickleTuple) return "tuple";
  if (Array.isArray(value)) return "list";
  if (value instanceof NumpyArray) return "numpy.ndarray";
  return value === null ? "None" : typeof value;
}
