import type { PluginModule } from "@modelkeep/core";

import { sqliteStore } from "./sqlite-store.js";

/** What this package brings, for programs that load it by its name. */
export const modelkeep: PluginModule = { stores: { sqlite: (url) => sqliteStore(url.slice("sqlite:".length)) } };
