import type { PluginModule } from "@modelkeep/core";

import { ggufConverter } from "./converter.js";
import { ggufCodec } from "./gguf-codec.js";

/** Formats of plain tensors, which the weights can be carried over to. */
const targets = ["safetensors", "numpy", "torch"];

/** What this package brings, for programs that load it by its name. */
export const modelkeep: PluginModule = {
  codecs: [() => ggufCodec()],
  converters: targets.map((to) => () => ggufConverter(to)),
};
