import type { PluginModule } from "@modelkeep/core";

import { exampleCodec } from "./example-codec.js";

export { exampleCodec, type ExampleModel } from "./example-codec.js";

/** How programs find the plugin by the package's name: `modelkeep --plugin modelkeep-example`. */
export const modelkeep: PluginModule = { codecs: [() => exampleCodec()] };
