import type { PluginModule } from "@modelkeep/core";

import { s3StoreFromUrl } from "./s3-store.js";

/** What this package brings, for programs that load it by its name. */
export const modelkeep: PluginModule = { stores: { s3: (url) => s3StoreFromUrl(url) } };
