// Bundles the command line: starting it must not cost reading hundreds of small files. What is native, heavy or the
// user's own choice stays outside, and is loaded on first use. `--sources OUT` bundles the packages' sources, for tests.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const [mode, out] = process.argv.slice(2);
const fromSources = mode === "--sources";
const manifest = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
const external = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];

const outdir = fromSources ? out : "dist";
rmSync(new URL(outdir, import.meta.url), { recursive: true, force: true });
const common = {
  absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
  outdir,
  ...(fromSources ? { conditions: ["modelkeep-source"] } : {}),
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "linked",
};

// What the commands that only look at records seldom need: they find it as files of their own.
const seldom = [
  "plugins",
  "compatibility",
  "verify-fresh",
  "encrypt",
  "store-s3",
  "store-postgres",
  "store-azure",
  "store-gcs",
];

// Everything that reads or runs models: many files that are loaded as they are needed.
await build({
  ...common,
  // Some of what is bundled is CommonJS and asks for node's own modules.
  banner: {
    js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
  },
  entryPoints: [
    ...["run-any", "plugins", "verify-child", "verify-fresh", "isolated-child", "compatibility"].map((name) => ({
      in: `src/${name}.ts`,
      out: name,
    })),
    ...["encrypt", "store-s3", "store-postgres", "store-azure", "store-gcs"].map((name) => ({
      in: `@modelkeep/${name}`,
      out: name,
    })),
  ],
  splitting: true,
  chunkNames: "[name]-[hash]",
  external,
});

// What starts, and the commands that only look at records: each one file of CommonJS, whose loader Node starts with, and
// of which it can keep what it compiled.
const single = { ...common, format: "cjs", outExtension: { ".js": ".cjs" }, external };
await build({ ...single, entryPoints: ["src/main.ts"], plugins: [outside(() => true)] });
const quick = await build({
  ...single,
  entryPoints: ["src/run-quick.ts"],
  plugins: [outside((name) => seldom.includes(name))],
  write: false,
});
// Compiled code can't import by itself: compile-cache.ts gives it the import of main.cjs as a sixth argument.
const importer = "var __import=arguments[5]??(name=>import(name));";
for (const { path, text } of quick.outputFiles)
  writeFileSync(path, path.endsWith(".cjs") ? importer + text.replaceAll("await import(", "await __import(") : text);

/** Leaves dynamic imports to the other builds. */
function outside(belongsElsewhere) {
  return {
    name: "outside",
    setup({ onResolve }) {
      onResolve({ filter: /^[.][.]?[/].*[.]js$|^@modelkeep[/][^/]*$/ }, ({ path, kind }) => {
        const name = path.slice(path.lastIndexOf("/") + 1).replace(/[.]js$/, "");
        return kind === "dynamic-import" && belongsElsewhere(name)
          ? { path: `./${name}.js`, external: true }
          : undefined;
      });
    },
  };
}
