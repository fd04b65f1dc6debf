import type { PluginModule } from "@modelkeep/core";

import { savedModelCodec } from "./savedmodel-codec.js";

/** What this package brings, for programs that load it by its name. */
export const modelkeep: PluginModule = { codecs: [() => savedModelCodec()] };
