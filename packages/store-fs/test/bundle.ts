import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Makes a module of this folder one that a plain Node runs; resolves to its path. */
export async function bundle(name: string): Promise<string> {
  const outfile = fileURLToPath(new URL(`../node_modules/.bundles/${name}-${process.pid}.mjs`, import.meta.url));
  await build({
    entryPoints: [fileURLToPath(new URL(`./${name}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["modelkeep-source"],
    logLevel: "error",
  });
  return outfile;
}
