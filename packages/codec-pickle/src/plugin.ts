import type { PluginModule } from "@modelkeep/core";

import { joblibCodec, pickleCodec } from "./pickle-codec.js";

/** What this package brings, for programs that load it by its name. */
export const modelkeep: PluginModule = { codecs: [() => joblibCodec(), () => pickleCodec()] };
