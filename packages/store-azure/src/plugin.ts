import type { PluginModule } from "@modelkeep/core";

import { azureStoreFromUrl } from "./azure-store.js";

/** What this package brings, for programs that load it by its name. */
export const modelkeep: PluginModule = { stores: { azure: (url) => azureStoreFromUrl(url) } };
