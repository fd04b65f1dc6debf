// Bundles the command line: starting it must not cost reading hundreds of small files. What is native, heavy or the
// user's own choice stays outside, and is loaded on first use. `--sources OUT` bundles the packages' sources, for tests.
import { readFileSync, rmSync } from "node:fs";

import { build } from "esbuild";

const [mode, out] = process.argv.slice(2);
const fromSources = mode === "--sources";
const manifest = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
const external = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];

const outdir = fromSources ? out : "dist";
rmSync(new URL(outdir, import.meta.url), { recursive: true, force: true });
await build({
  absWorkingDir: new URL(".", import.meta.url).pathname,
  entryPoints: ["src/main.ts", "src/verify-child.ts"],
  outdir,
  ...(fromSources ? { conditions: ["modelkeep-source"] } : {}),
  bundle: true,
  splitting: true,
  chunkNames: "[name]-[hash]",
  format: "esm",
  platform: "node",
  target: "node20.19",
  external,
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "linked",
  // Some of what is bundled is CommonJS and asks for node's own modules.
  banner: {
    js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
  },
});
