import type { Store } from "@modelkeep/core";

import { modelOfPrefix, modelsPrefix } from "./keys.js";

/** Names of all models, in code-point order of their keys; renamed ones under each of their names. */
export async function* modelNames(store: Store, signal?: AbortSignal): AsyncIterable<string> {
  for await (const { key, prefix } of store.list(modelsPrefix, { delimiter: "/", signal })) {
    const name = prefix === true ? modelOfPrefix(key) : undefined;
    if (name !== undefined) yield name;
  }
}
