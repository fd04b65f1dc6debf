/**
 * Where two models differ, as a sentence; nothing when they are the same: arrays bit by bit, numbers with -0 and NaN,
 * Maps, objects and lists by content. Prototypes, symbols and the order of keys do not count.
 */
export function differenceOf(actual: unknown, expected: unknown, place = "model"): string | undefined {
  if (Object.is(actual, expected)) return undefined;
  if (typeof actual !== "object" || typeof expected !== "object" || actual === null || expected === null)
    return `${place} is ${show(actual)}, not ${show(expected)}`;
  if (ArrayBuffer.isView(actual) || ArrayBuffer.isView(expected)) return viewDifference(actual, expected, place);
  if (kindOf(actual) !== kindOf(expected)) return `${place} is ${kindOf(actual)}, not ${kindOf(expected)}`;
  if (Array.isArray(actual) && Array.isArray(expected)) {
    if (actual.length !== expected.length) return `${place} has ${actual.length} items, not ${expected.length}`;
    return first(expected, (item, index) => differenceOf(actual[index], item, `${place}[${index}]`));
  }
  const [found, wanted] = [entriesOf(actual), entriesOf(expected)];
  for (const key of found.keys()) if (!wanted.has(key)) return `${place} has ${show(key)}, which it should not`;
  return first([...wanted], ([key, value]) =>
    found.has(key) ? differenceOf(found.get(key), value, `${place}.${String(key)}`) : `${place} lacks ${show(key)}`,
  );
}

/** A copy to compare with later; what is neither data nor a container stays itself. */
export function snapshotOf(value: unknown, seen = new Map<object, unknown>()): unknown {
  if (typeof value !== "object" || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  if (ArrayBuffer.isView(value)) return structuredClone(value);
  if (Array.isArray(value)) {
    const copy: unknown[] = [];
    seen.set(value, copy);
    for (const item of value) copy.push(snapshotOf(item, seen));
    return copy;
  }
  if (value instanceof Map) {
    const copy = new Map<unknown, unknown>();
    seen.set(value, copy);
    for (const [key, item] of value) copy.set(key, snapshotOf(item, seen));
    return copy;
  }
  const copy = Object.create(null) as Record<string, unknown>;
  seen.set(value, copy);
  for (const [key, item] of Object.entries(value)) copy[key] = snapshotOf(item, seen);
  return copy;
}

/** Every typed array within a value, through lists, Maps and objects. */
export function arraysIn(value: unknown, seen = new Set<unknown>()): ArrayBufferView[] {
  if (typeof value !== "object" || value === null || seen.has(value)) return [];
  seen.add(value);
  if (ArrayBuffer.isView(value)) return [value];
  const items = Array.isArray(value) ? value : [...entriesOf(value).values()];
  return items.flatMap((item) => arraysIn(item, seen));
}

function viewDifference(actual: object, expected: object, place: string): string | undefined {
  if (!ArrayBuffer.isView(actual) || !ArrayBuffer.isView(expected) || kindOf(actual) !== kindOf(expected))
    return `${place} is ${kindOf(actual)}, not ${kindOf(expected)}`;
  const [found, wanted] = [bytesOf(actual), bytesOf(expected)];
  if (found.length !== wanted.length) return `${place} has ${found.length} bytes, not ${wanted.length}`;
  const at = found.findIndex((byte, index) => byte !== wanted[index]);
  return at < 0 ? undefined : `${place} differs at byte ${at}: ${found[at]}, not ${wanted[at]}`;
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Properties that hold undefined are as good as absent. */
function entriesOf(value: object): ReadonlyMap<unknown, unknown> {
  if (value instanceof Map) return value;
  return new Map(Object.entries(value).filter(([, item]) => item !== undefined));
}

function kindOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function first<T>(items: readonly T[], difference: (item: T, index: number) => string | undefined): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = difference(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (typeof value === "object" && value !== null) return `a ${kindOf(value)}`;
  return Object.is(value, -0) ? "-0" : String(value);
}
