import type { PluginModule } from "@modelkeep/core";

import { onnxCodec } from "./codec.js";
import { jsRuntime } from "./js-runtime.js";
import { onnxRuntime } from "./onnxruntime.js";

/** What this package brings, for programs that load it by its name. */
export const modelkeep: PluginModule = {
  codecs: [() => onnxCodec()],
  runtimes: [() => onnxRuntime(), () => jsRuntime()],
};
