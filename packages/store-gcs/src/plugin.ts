import type { PluginModule } from "@modelkeep/core";

import { gcsStoreFromUrl } from "./gcs-store.js";

/** What this package brings, for programs that load it by its name. */
export const modelkeep: PluginModule = { stores: { gs: (url) => gcsStoreFromUrl(url) } };
