import { ModelkeepError, throwIfAborted } from "./errors.js";
import { checkKey } from "./key.js";
import type { PutOptions, Store } from "./store.js";

/** What every `put` settles before it opens the body: the key, the signal, and options that the store cannot honour. */
export function checkPut(
  store: Pick<Store, "name" | "supports">,
  key: string | (() => string),
  options: PutOptions,
): void {
  const { name, supports } = store;
  const refuse = (what: string): never => {
    throw new ModelkeepError("unsupported", `[${name}] This store does not support ${what}`);
  };
  if (typeof key !== "function") checkKey(key);
  else if (!supports.lateKey) refuse("a key that is named after the body has been read");
  if (options.if !== undefined && options.if !== "absent")
    throw new TypeError(`"absent" is the only condition of put, not ${JSON.stringify(options.if)}`);
  if (options.if === "absent" && !supports.putIfAbsent) refuse('put with `if: "absent"`');
  if (options.storageClass !== undefined && !supports.storageClasses?.includes(options.storageClass))
    refuse(`the storage class ${JSON.stringify(options.storageClass)}`);
  if (options.retainUntil !== undefined && supports.retention !== true) refuse("retention");
  throwIfAborted(options.signal);
}
