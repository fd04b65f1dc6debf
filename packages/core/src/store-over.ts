import type { Store } from "./store.js";

/** A store that wraps another: these are its verbs, and what the one below may have besides, its faults and its end, is passed on. */
export function storeOver(below: Store, verbs: Omit<Store, "faults" | typeof Symbol.asyncDispose>): Store {
  const faults = below.faults?.bind(below);
  const close = below[Symbol.asyncDispose]?.bind(below);
  return { ...verbs, ...(faults && { faults }), ...(close && { [Symbol.asyncDispose]: close }) };
}
