import { join } from "node:path";
import { build } from "esbuild";
import { root } from "./workspace.js";

/** Packages that must bundle for a browser with nothing of Node in them. */
const portablePackages = ["core", "onnx", "safetensors"];

/** Bundles what is published, from dist/, as an application would. */
export async function browserBundleFaults(names: readonly string[] = portablePackages): Promise<readonly string[]> {
  const faults = await Promise.all(names.map((name) => bundleFaults(join(root, "packages", name, "dist/index.js"))));
  return faults.flat();
}

export async function bundleFaults(entry: string): Promise<readonly string[]> {
  try {
    await build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      platform: "browser",
      format: "esm",
      logLevel: "silent",
    });
    return [];
  } catch (error) {
    return [`${entry} does not bundle for a browser: ${error instanceof Error ? error.message : String(error)}`];
  }
}
