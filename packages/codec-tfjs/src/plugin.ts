import type { PluginModule } from "@modelkeep/core";

import { tfjsCodec } from "./tfjs-codec.js";

/** What this package brings, for programs that load it by its name. */
export const modelkeep: PluginModule = { codecs: [() => tfjsCodec()] };
