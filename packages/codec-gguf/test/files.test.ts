import { readFileSync } from "node:fs";

import { collect, memoryPayloads } from "@modelkeep/core";
import { describe, expect, test } from "vitest";

import { ggufCodec } from "../src/index.js";
import { described, type Described } from "./described.js";

const folder = new URL("../../../vectors/gguf-files/", import.meta.url);
const index = JSON.parse(readFileSync(new URL("index.json", folder), "utf8")) as Readonly<Record<string, Described>>;

describe("files of llama.cpp's package", () => {
  test.each(Object.keys(index))(
    "%s: all of it, dequantised to the last bit, and written again byte for byte",
    async (path) => {
      const bytes = new Uint8Array(readFileSync(new URL(path, folder)));
      const codec = ggufCodec();
      const file = await codec.decode(memoryPayloads([{ path, bytes }]));
      expect(described(file)).toEqual(index[path]);
      const [written] = await codec.encode(file);
      expect(Buffer.from(await collect(written!.open())).equals(bytes)).toBe(true);
    },
  );
});
