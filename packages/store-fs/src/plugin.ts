import { fileURLToPath } from "node:url";

import type { PluginModule } from "@modelkeep/core";

import { fsStore } from "./fs-store.js";

/** What this package brings, for programs that load it by its name. */
export const modelkeep: PluginModule = { stores: { file: (url) => fsStore(fileURLToPath(url)) } };
