import type { PluginModule } from "@modelkeep/core";

import { mljsConverter } from "./converter.js";
import { mljsFlavor } from "./flavor.js";
import { mljsRuntime } from "./runtime.js";

/** What this package brings, for programs that load it by its name. */
export const modelkeep: PluginModule = {
  flavors: [() => mljsFlavor()],
  converters: [() => mljsConverter()],
  runtimes: [() => mljsRuntime()],
};
