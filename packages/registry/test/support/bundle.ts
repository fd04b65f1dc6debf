import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Makes of a module one that a plain Node runs; resolves to its path. */
export async function bundle(module: URL): Promise<string> {
  const entry = fileURLToPath(module);
  const name = `${basename(entry, ".ts")}-${process.pid}.mjs`;
  const outfile = join(import.meta.dirname, "../../node_modules/.bundles", name);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["modelkeep-source"],
    // What is CommonJS in it asks for parts of Node.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    external: ["@photostructure/sqlite"],
    logLevel: "error",
  });
  return outfile;
}
