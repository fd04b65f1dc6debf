import { ModelkeepError } from "@modelkeep/core";
import type * as onnxruntime from "onnxruntime-node";

export type Package = typeof onnxruntime;

const advice =
  "onnxruntime-node is not installed: npm install onnxruntime-node@^1.30.0 " +
  "(where its GPU files can't be downloaded: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@^1.30.0)";

let loading: Promise<Package> | undefined;

/** onnxruntime-node, imported at the first call. `missing_package` says how to install it. */
export async function loadPackage(): Promise<Package> {
  loading ??= importPackage();
  try {
    return await loading;
  } catch (error) {
    loading = undefined;
    throw error;
  }
}

/**
 * What `load` imports, or `missing_package`.
 * Outside of Windows, ONNX Runtime from 1.29 on reports models and machine to its maker, and keeps an identifier under the home
 * folder, unless this variable is set before it is loaded (microsoft/onnxruntime#27379).
 */
export async function importPackage(load: () => Promise<unknown> = () => import("onnxruntime-node")): Promise<Package> {
  process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
  try {
    const imported = (await load()) as Package & { readonly default?: Package };
    return imported.default ?? imported;
  } catch (cause) {
    const { code, message } = cause as { code?: unknown; message?: string };
    const absent = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
    const sentence = absent ? advice : `onnxruntime-node does not load here: ${message ?? String(cause)}`;
    throw new ModelkeepError("missing_package", sentence, { cause, details: { package: "onnxruntime-node" } });
  }
}
