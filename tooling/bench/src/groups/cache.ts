import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { fsStore } from "@modelkeep/store-fs";
import { cached } from "@modelkeep/wrappers";

import { type Group, mebibyte, roundsOf, sizeOf } from "../bench.js";
import { hash, randomBytes } from "../data.js";
import { interleave } from "../measure.js";
import { ratio } from "../row.js";

const key = "blobs/sha256/0/1";

/** Copies of a store's objects on this machine, verified at every read, against a plain read of the same bytes. */
export const cache: Group = {
  name: "cache",
  title: "Cached stores",
  async run(bench) {
    const bytes = randomBytes(sizeOf(bench, 200 * mebibyte));
    const plain = fsStore(join(bench.folder, "store"));
    await plain.put(key, bytes);
    const store = cached(plain, join(bench.folder, "cache"), { maxBytes: 4 * bytes.length });
    const target = new Uint8Array(bytes.length);
    const read = async (from: typeof plain): Promise<void> => void (await (await from.get(key))!.readInto(target));
    await read(store);
    const times = await interleave(roundsOf(bench, 7), {
      cached: () => read(store),
      plain: () => read(plain),
      readAndHash: async () => void hash(await readFile(join(bench.folder, "store", key))),
    });
    return [
      ratio("verified read of 200 MiB from the cache / read + sha256", times.cached, times.readAndHash, 1.1),
      ratio("the same / reading the file without verifying it", times.cached, times.plain, undefined),
    ];
  },
};
