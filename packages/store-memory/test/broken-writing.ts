import { type ByteSource, ModelkeepError } from "@modelkeep/core";
import { broken, late, pass, readAll, without, type Breakage } from "./breakage.js";

export const brokenWriting: readonly Breakage[] = [
  broken("loses races", "no increment is lost in a race of put if absent", (good) => ({
    async put(key, body, options = {}) {
      const { if: condition, ...rest } = options;
      if (condition === "absent" && (await good.head(late(key))) !== undefined) return good.put(key, body, options);
      return good.put(key, body, rest);
    },
  })),
  broken("overwrites what is to be absent", "put if absent writes once, and leaves what is there", (good) => ({
    put: (key, body, options) => good.put(key, body, without(options, "if")),
  })),
  broken(
    "forgets the condition where the key is late",
    "a late key that exists is refused with if absent, and replaced without",
    (good) => ({
      put: (key, body, { if: condition, ...rest } = {}) =>
        good.put(key, body, typeof key === "string" && condition ? { ...rest, if: condition } : rest),
    }),
  ),
  broken(
    "takes an empty object for none",
    "put if absent does not overwrite what an ordinary put wrote, and writes again after delete",
    (good) => ({
      async put(key, body, { if: condition, ...rest } = {}) {
        const found = condition && (await good.head(late(key)));
        return good.put(key, body, found && found.size > 0 ? { ...rest, if: "absent" } : rest);
      },
    }),
  ),
  broken("reserves the key before it has the body", "a put if absent that fails reserves nothing", (good) => ({
    async put(key, body, options = {}) {
      if (options.if !== "absent") return good.put(key, body, options);
      await good.put(key, new Uint8Array(0), { if: "absent" });
      return good.put(key, body, without(options, "if"));
    },
  })),
  broken("shows half of a body", "nothing of a body is visible before its end", (good) => ({
    async put(key, body, options = {}) {
      const chunks: Uint8Array[] = [];
      if (typeof body !== "function" || typeof key !== "string") return good.put(key, body, options);
      for await (const chunk of body()) {
        chunks.push(chunk);
        await good.put(key, pass(chunks));
      }
      return good.put(key, pass(chunks), options);
    },
  })),
  broken("deletes before it writes", "a body that fails half way leaves what was there", (good) => ({
    async put(key, body, options = {}) {
      if (typeof key === "string" && options.if !== "absent") await good.delete(key);
      return good.put(key, body, options);
    },
  })),
  broken(
    "replaces the body's error by one of its own",
    "a body that fails half way leaves nothing, and its error is passed on",
    (good) => ({
      async put(key, body, options) {
        try {
          return await good.put(key, body, options);
        } catch {
          throw new ModelkeepError("io_error", "Something went wrong");
        }
      },
    }),
  ),
  broken(
    "keeps the caller's array",
    "the caller may change an array as soon as put has returned its promise",
    (good) => ({
      put: (key, body, options) => good.put(key, body instanceof Uint8Array ? pass([body]) : body, options),
    }),
  ),
  broken("keeps the chunks of a body", "a body may take turns with two buffers", (good) => ({
    put: async (key, body, options) =>
      good.put(key, body instanceof Uint8Array ? body : pass(await readAll(body)), options),
  })),
  broken("writes at most 8 MiB", "bodies of every size come back, empty ones too", (good) => ({
    put: (key, body, options) => good.put(key, body instanceof Uint8Array ? body.subarray(0, 8 << 20) : body, options),
  })),
  broken("never closes a body", "a body that is not read to its end is closed", (good) => ({
    put(key, body, options) {
      if (body instanceof Uint8Array) return good.put(key, body, options);
      const unclosable = (chunks: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> => ({
        [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }),
      });
      return good.put(key, () => unclosable(body()[Symbol.asyncIterator]()), options);
    },
  })),
  broken(
    "does not check the size",
    "a body of another size than announced is refused, and nothing is written",
    (good) => ({
      put: (key, body, options) => good.put(key, body, without(options, "size")),
    }),
  ),
  broken(
    "ignores a signal that has fired",
    "a signal that has fired stops every verb before it does anything",
    (good) => ({
      put: (key, body, options) => good.put(key, body, without(options, "signal")),
    }),
  ),
  broken(
    "looks at its signal only at the beginning",
    "put can be aborted in the middle of its body, also while the body stalls",
    (good) => ({
      put: (key, body, { signal, ...rest } = {}) =>
        signal?.aborted ? good.put(key, body, { signal }) : good.put(key, body, rest),
    }),
  ),
  broken("asks for a late key at once", "a late key is asked for after the end of the body", (good) => ({
    put: (key, body, options) => good.put(late(key), body, options),
  })),
  broken("accepts options that it does not support", "put refuses options that the store does not support", (good) => ({
    put: (key, body, options) => good.put(key, body, without(options, "storageClass", "retainUntil")),
  })),
  broken("opens a body once", "a body that is opened is opened anew by every put", (good) => {
    const seen = new Map<unknown, Uint8Array[]>();
    return {
      async put(key, body, options) {
        if (body instanceof Uint8Array) return good.put(key, body, options);
        const chunks = seen.get(body) ?? (await readAll(body));
        seen.set(body, chunks);
        return good.put(key, pass(chunks), options);
      },
    };
  }),
  broken("tells another size than it wrote", "put tells key, size and time of what it wrote", (good) => ({
    put: async (key, body, options) => ({ ...(await good.put(key, body, options)), size: 0 }),
  })),
  broken(
    "has one clock for put and another for head",
    "modified is the same by head, get and list, and does not run backwards",
    (good) => ({
      async head(key, options) {
        const info = await good.head(key, options);
        return info && { ...info, modified: new Date(info.modified.getTime() - 3_600_000) };
      },
    }),
  ),
  broken(
    "takes an empty chunk for the end",
    "a body that is opened may come in chunks of any size, empty ones too",
    (good) => ({
      put(key, body, options) {
        return good.put(key, body instanceof Uint8Array ? body : () => untilEmpty(body), options);
      },
    }),
  ),
  broken(
    "writes over the beginning and leaves the rest",
    "put replaces what was there, also by something shorter",
    (good) => ({
      async put(key, body, options) {
        const before = typeof key === "string" ? await good.get(key) : undefined;
        if (before === undefined || !(body instanceof Uint8Array)) return good.put(key, body, options);
        const bytes = new Uint8Array(Math.max(before.info.size, body.length));
        await before.readInto(bytes);
        bytes.set(body);
        return good.put(key, bytes, options);
      },
    }),
  ),
  broken("hides what is being replaced", "what was there stays readable until it is replaced", (good) => {
    const writing = new Set<string>();
    return {
      async put(key, body, options) {
        writing.add(late(key));
        try {
          return await good.put(key, body, options);
        } finally {
          writing.delete(late(key));
        }
      },
      get: async (key, options) => (writing.has(key) ? undefined : good.get(key, options)),
    };
  }),
  broken(
    "looks first and writes afterwards",
    "of many puts if absent of large bodies one wins, and its bytes are whole",
    (good) => ({
      async put(key, body, options = {}) {
        const taken = options.if === "absent" && (await good.head(late(key))) !== undefined;
        return good.put(key, body, taken ? options : without(options, "if"));
      },
    }),
  ),
  broken(
    "collects all bodies of a key in one place",
    "ordinary puts of one key side by side leave one of the bodies whole",
    (good) => {
      const places = new Map<string, Uint8Array[]>();
      return {
        async put(key, body, options) {
          if (body instanceof Uint8Array) return good.put(key, body, options);
          const chunks = places.get(late(key)) ?? [];
          places.set(late(key), chunks);
          for await (const chunk of body()) chunks.push(chunk);
          return good.put(key, pass(chunks), options);
        },
      };
    },
  ),
  broken(
    "asks for the late key of a body that failed",
    "a late key is never asked for when the body fails, and its own error is passed on",
    (good) => ({
      async put(key, body, options) {
        try {
          return await good.put(key, body, options);
        } finally {
          late(key);
        }
      },
    }),
  ),
];

async function* untilEmpty(body: ByteSource): AsyncGenerator<Uint8Array> {
  for await (const chunk of body()) {
    if (chunk.length === 0) return;
    yield chunk;
  }
}
