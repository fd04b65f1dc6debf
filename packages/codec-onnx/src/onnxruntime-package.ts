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

/** What `load` imports, or `missing_package`. */
export async function importPackage(load: () => Promise<unknown> = () => import("onnxruntime-node")): Promise<Package> {
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
