import { malformed } from "./errors.js";
import { hashableKey, StructuralKey } from "./key.js";
import type { PickleValue } from "./value.js";

/**
 * A Python dict: any hashable value as key, in order of insertion, equal as in Python (1, 1.0 and True are one key).
 * Keys are data: `__proto__` is a name like any other.
 */
export class PickleDict implements Iterable<[PickleValue, PickleValue]> {
  /** As `Stack.example`. */
  static readonly example = new PickleDict();

  readonly isPickleDict = true;
  readonly #entries = new Map<unknown, [PickleValue, PickleValue]>();
  /** One symbol for each text, so that no string key can equal it. */
  #structural: Map<string, symbol> | undefined;

  constructor(entries: Iterable<readonly [PickleValue, PickleValue]> = []) {
    for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: PickleValue): PickleValue | undefined {
    return this.#entries.get(this.#key(key))?.[1];
  }

  has(key: PickleValue): boolean {
    return this.#entries.has(this.#key(key));
  }

  /** A key that is there keeps its place. Throws `malformed` for a key that Python cannot hash. */
  set(key: PickleValue, value: PickleValue): void {
    const hashable = this.#key(key);
    const entry = this.#entries.get(hashable);
    if (entry === undefined) this.#entries.set(hashable, [key, value]);
    else entry[1] = value;
  }

  keys(): PickleValue[] {
    return Array.from(this.#entries.values(), (entry) => entry[0]);
  }

  values(): PickleValue[] {
    return Array.from(this.#entries.values(), (entry) => entry[1]);
  }

  [Symbol.iterator](): IterableIterator<[PickleValue, PickleValue]> {
    return this.#entries.values();
  }

  #key(key: PickleValue): unknown {
    if (typeof key === "string") return key;
    const hashable = hashableKey(key);
    if (hashable === undefined) throw malformed("A dict has a key that cannot be hashed");
    if (!(hashable instanceof StructuralKey)) return hashable;
    this.#structural ??= new Map();
    let symbol = this.#structural.get(hashable.text);
    if (symbol === undefined) this.#structural.set(hashable.text, (symbol = Symbol("key")));
    return symbol;
  }
}
