import type { PluginModule } from "@modelkeep/core";

import { exampleStore, memoryDatabase } from "./example-store.js";

export { type Database, exampleStore, memoryDatabase, type Row } from "./example-store.js";

const scheme = "example";

/** How programs find the plugin by the package's name: `modelkeep list --plugin modelkeep-example --store example:anything`. */
export const modelkeep: PluginModule = { stores: { [scheme]: () => exampleStore(memoryDatabase()) } };
