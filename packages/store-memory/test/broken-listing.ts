import { type ListEntry, ModelkeepError } from "@modelkeep/core";
import { broken, entries, late, without, type Breakage } from "./breakage.js";

export const brokenNaming: readonly Breakage[] = [
  broken("decodes keys", "odd keys are kept apart and come back as they were", (good) => {
    const plain = (key: string): string => {
      try {
        return decodeURIComponent(key);
      } catch {
        return key;
      }
    };
    return {
      put: (key, body, options) => good.put(typeof key === "string" ? plain(key) : key, body, options),
      get: (key, options) => good.get(plain(key), options),
      head: (key, options) => good.head(plain(key), options),
    };
  }),
  broken("normalises keys", "keys that differ by case or composition are different keys", (good) => ({
    put: (key, body, options) => good.put(typeof key === "string" ? key.normalize("NFC") : key, body, options),
    get: (key, options) => good.get(key.normalize("NFC"), options),
  })),
  broken("cuts long keys", "long and deep keys work up to their limits", (good) => ({
    put: (key, body, options) => good.put(typeof key === "string" ? key.slice(0, 200) : key, body, options),
  })),
  broken("repairs keys that break the grammar", "keys that break the grammar are refused by every verb", (good) => ({
    head: (key, options) => good.head(key.replaceAll(/\/+|\\/g, "/").replace(/^\/|\/$/g, "") || "x", options),
  })),
  broken("keeps names with a dot in front for itself", "odd keys also serve as the first segment", (good) => ({
    async put(key, body, options) {
      if (late(key).startsWith(".")) throw new ModelkeepError("invalid_key", "hidden names are not for everybody");
      return good.put(key, body, options);
    },
  })),
  broken(
    "makes a folder of the key above",
    "a key beneath another key is kept or refused, and harms nothing",
    (good) => ({
      async put(key, body, options) {
        const segments = late(key).split("/");
        for (const at of segments.keys()) if (at > 0) await good.delete(segments.slice(0, at).join("/"));
        return good.put(key, body, options);
      },
    }),
  ),
];

export const brokenListing: readonly Breakage[] = [
  broken("sorts by UTF-16 unit", "list gives every key once, in code-point order", (good) => ({
    async *list(prefix, options) {
      yield* (await entries(good.list(prefix, options))).sort((a, b) => (a.key < b.key ? -1 : 1));
    },
  })),
  broken("sorts by segment", "list gives every key once, in code-point order", (good) => ({
    async *list(prefix, options) {
      const rank = (key: string): string => key.replaceAll("/", "\u0000");
      yield* (await entries(good.list(prefix, options))).sort((a, b) => (rank(a.key) < rank(b.key) ? -1 : 1));
    },
  })),
  broken("begins at after instead of behind it", "list goes on after a key, whether it exists or not", (good) => ({
    async *list(prefix, options = {}) {
      const found =
        options.after?.startsWith(prefix) && options.after.isWellFormed()
          ? await good.head(options.after).catch(() => undefined)
          : undefined;
      if (found !== undefined) yield found;
      yield* good.list(prefix, options);
    },
  })),
  broken("takes prefixes for whole segments", "a prefix may be cut anywhere, also within a segment", (good) => ({
    async *list(prefix, options) {
      for await (const entry of good.list(prefix, options))
        if (prefix === "" || prefix.endsWith("/") || entry.key === prefix || entry.key[prefix.length] === "/")
          yield entry;
    },
  })),
  broken(
    "gives groups again after themselves",
    "with a delimiter, every name that was listed serves as after",
    (good) => ({
      async *list(prefix, { after, ...rest } = {}) {
        for await (const entry of good.list(prefix, rest))
          if (after === undefined || entry.key > after || (entry.prefix && after.startsWith(entry.key))) yield entry;
      },
    }),
  ),
  broken("knows one delimiter only", "with a delimiter, only the names of the next level are listed", (good) => ({
    list: (prefix, options = {}) => good.list(prefix, options.delimiter ? { ...options, delimiter: "/" } : options),
  })),
  broken("loses what lies at the border of a page", "long listings are complete, and in order", (good) => ({
    async *list(prefix, options) {
      let count = 0;
      for await (const entry of good.list(prefix, options)) if (++count !== 1001) yield entry;
    },
  })),
  broken("lists what it knew a moment ago", "list shows at once what was written and what was deleted", (good) => {
    const known = new Map<string, ListEntry[]>();
    return {
      async *list(prefix, options) {
        const now = await entries(good.list(prefix, options));
        const before = known.get(prefix) ?? now;
        known.set(prefix, now);
        yield* before;
      },
    };
  }),
  broken(
    "goes by position while others write",
    "a listing that runs while others write has every key that was there all the time, once",
    (good) => ({
      async *list(prefix, options) {
        for (let index = 0; ; index++) {
          const entry = (await entries(good.list(prefix, options)))[index];
          if (entry === undefined) return;
          yield entry;
        }
      },
    }),
  ),
  broken("does not look at its signal while it lists", "reading and listing can be aborted half way", (good) => ({
    list: (prefix, options) => good.list(prefix, without(options, "signal")),
  })),
  broken("tells no sizes", "list tells the size of each object", (good) => ({
    async *list(prefix, options) {
      for await (const entry of good.list(prefix, options)) yield { ...entry, size: 0 };
    },
  })),
  broken("takes the empty prefix for nothing", "the empty prefix is the whole store", (good) => ({
    async *list(prefix, options) {
      if (prefix !== "") yield* good.list(prefix, options);
    },
  })),
  broken("never closes a listing that is left", "a listing may be left half way", (good) => {
    let open = 0;
    return {
      async *list(prefix, options) {
        if (++open > 10) throw new ModelkeepError("io_error", "too many open cursors");
        yield* good.list(prefix, options);
        open--;
      },
    };
  }),
];
