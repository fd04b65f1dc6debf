import type { PluginModule } from "@modelkeep/core";

import { kerasCodec } from "./keras-codec.js";

/** What this package brings, for programs that load it by its name. */
export const modelkeep: PluginModule = { codecs: [() => kerasCodec()] };
