import {
  type Body,
  checkPrefix,
  checkPut,
  compareCodePoints,
  type ListEntry,
  type ListOptions,
  type ObjectInfo,
  type PutOptions,
  type Store,
  throwIfAborted,
} from "@modelkeep/core";

/** Which keys go to the first store. */
export interface SplitOptions {
  /** The beginnings of keys that the first store keeps. Default: `blobs/`, the payloads of a registry. */
  readonly prefixes?: readonly string[];
}

/**
 * One store over two: payloads in the first, say a bucket, everything else in the second, say a database. Listings are those
 * of both, in order. What lies in one and belongs into the other is not seen.
 */
export function split(blobs: Store, rest: Store, { prefixes = ["blobs/"] }: SplitOptions = {}): Store {
  const isBlob = (key: string): boolean => prefixes.some((prefix) => key.startsWith(prefix));
  const home = (key: string): Store => (isBlob(key) ? blobs : rest);
  const { storageClasses } = blobs.supports;

  const store: Store = {
    name: `${blobs.name}&${rest.name}`,
    supports: {
      putIfAbsent: blobs.supports.putIfAbsent && rest.supports.putIfAbsent,
      lateKey: blobs.supports.lateKey,
      ...(storageClasses && { storageClasses }),
      retention: blobs.supports.retention === true && rest.supports.retention === true,
    },
    head: (key, options) => home(key).head(key, options),
    get: (key, options) => home(key).get(key, options),
    async put(key, body, options = {}) {
      checkPut(store, key, options);
      return typeof key === "string" ? home(key).put(key, body, options) : putLate(key, body, options);
    },
    delete: (key, options) => home(key).delete(key, options),
    async *list(prefix, options = {}) {
      checkPrefix(prefix);
      throwIfAborted(options.signal);
      const only = isBlob(prefix) ? blobs : prefixes.some((each) => each.startsWith(prefix)) ? undefined : rest;
      if (only !== undefined) yield* only.list(prefix, options);
      else
        yield* merged(
          own(blobs, isBlob, prefix, options),
          own(rest, (key) => !isBlob(key), prefix, options),
        );
    },
    async faults(options) {
      return [...((await rest.faults?.(options)) ?? []), ...((await blobs.faults?.(options)) ?? [])];
    },
    async [Symbol.asyncDispose]() {
      await blobs[Symbol.asyncDispose]?.();
      await rest[Symbol.asyncDispose]?.();
    },
  };

  /** What is named late is nearly always a payload. If it is not, it is written again where it belongs: bodies open anew. */
  async function putLate(key: () => string, body: Body, options: PutOptions): Promise<ObjectInfo> {
    const kept = body instanceof Uint8Array ? body.slice() : body;
    let name: string | undefined;
    const elsewhere = new Error("This key belongs into the other store");
    try {
      return await blobs.put(
        () => {
          name = key();
          if (!isBlob(name)) throw elsewhere;
          return name;
        },
        kept,
        options,
      );
    } catch (error) {
      if (name === undefined || (error !== elsewhere && (error as Error).cause !== elsewhere)) throw error;
    }
    return rest.put(name, kept, options);
  }

  /** The keys of a store that belong there. A group counts if one of its keys does. */
  async function* own(
    part: Store,
    belongs: (key: string) => boolean,
    prefix: string,
    options: ListOptions,
  ): AsyncGenerator<ListEntry> {
    for await (const entry of part.list(prefix, options)) {
      const isMixed =
        entry.prefix === true && prefixes.some((each) => each !== entry.key && each.startsWith(entry.key));
      if (isMixed ? await holds(part, belongs, entry.key, options.signal) : belongs(entry.key)) yield entry;
    }
  }

  return store;
}

async function holds(
  store: Store,
  belongs: (key: string) => boolean,
  prefix: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for await (const { key } of store.list(prefix, { signal })) if (belongs(key)) return true;
  return false;
}

/** Two listings as one, in code-point order. A group that both have is one. */
async function* merged(left: AsyncGenerator<ListEntry>, right: AsyncGenerator<ListEntry>): AsyncGenerator<ListEntry> {
  try {
    let [a, b] = await Promise.all([left.next(), right.next()]);
    while (!a.done || !b.done) {
      const order = a.done ? 1 : b.done ? -1 : compareCodePoints(a.value.key, b.value.key);
      yield order <= 0 ? (a.value as ListEntry) : (b.value as ListEntry);
      if (order <= 0) a = await left.next();
      if (order >= 0) b = await right.next();
    }
  } finally {
    await Promise.all([left.return(undefined), right.return(undefined)]);
  }
}
