import type { PluginModule } from "@modelkeep/core";

import { tensorflowConverter, tfjsGraphConverter } from "./converter.js";

/** What this package brings, for programs that load it by its name. */
export const modelkeep: PluginModule = { converters: [() => tensorflowConverter(), () => tfjsGraphConverter()] };
