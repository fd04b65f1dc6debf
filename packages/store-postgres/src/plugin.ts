import type { PluginModule } from "@modelkeep/core";

import { postgresStoreFromUrl } from "./postgres-store.js";

/** What this package brings, for programs that load it by its name. */
export const modelkeep: PluginModule = {
  stores: { postgres: (url) => postgresStoreFromUrl(url), postgresql: (url) => postgresStoreFromUrl(url) },
};
