import type { Registry } from "@modelkeep/registry";

import type { ServeOptions } from "./serve-options.js";
import { ServedModel } from "./served-model.js";

/**
 * Serves what a reference stands for: `serve(registry, "credit-scorer@production", { log })`.
 * @throws What `load` of a registry throws: the first version is loaded now
 */
export function serve(registry: Registry, reference: string, options: ServeOptions = {}): Promise<ServedModel> {
  return ServedModel.start(registry, reference, options);
}
