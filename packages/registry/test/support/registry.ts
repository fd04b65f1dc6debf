import { jsonCodec } from "@modelkeep/codec-json";
import type { Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";

import { openRegistry, type Registry, type RegistryOptions } from "../../src/index.js";
import { lineFlavor, lineRuntime } from "./toy.js";

export function openLines(store: Store = memoryStore(), options: Partial<RegistryOptions> = {}): Promise<Registry> {
  return openRegistry({
    store,
    codecs: [jsonCodec()],
    flavors: [lineFlavor()],
    runtimes: [lineRuntime()],
    actor: "ada",
    ...options,
  });
}
