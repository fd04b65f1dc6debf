import { Budget, fieldsOf, textOf } from "./wire.js";

/** What `keras_metadata.pb` says, which Keras 2 writes beside a SavedModel. */
export interface KerasMetadata {
  /** Of Keras 2, where one of the objects tells it. */
  readonly keras: string | undefined;
  /** Layers and models that the file describes. */
  readonly objects: number;
  /** How many of them are of each class. */
  readonly classes: ReadonlyMap<string, number>;
}

/** Descriptions that are longer are counted, not read. */
const longest = 1 << 20;

/** `keras_metadata.pb`, which Keras 2 writes: saved_metadata.proto. Throws `malformed`, `limit_exceeded`. */
export function readKerasMetadata(
  bytes: Uint8Array,
  { items }: { readonly items?: number | undefined } = {},
): KerasMetadata {
  const budget = new Budget(items);
  const classes = new Map<string, number>();
  let keras: string | undefined;
  let objects = 0;
  for (const node of fieldsOf(bytes, budget)) {
    if (node.number !== 1) continue;
    objects++;
    for (const field of fieldsOf(node.bytes, budget, 1)) {
      if (field.number !== 5 || field.bytes.length > longest) continue;
      const { class_name: name, keras_version: version } = described(textOf(field.bytes));
      if (typeof version === "string") keras ??= version;
      if (typeof name === "string") classes.set(name, (classes.get(name) ?? 0) + 1);
    }
  }
  return { keras, objects, classes };
}

/** What an object says of itself; nothing where it is not JSON. */
function described(text: string): { readonly class_name?: unknown; readonly keras_version?: unknown } {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
