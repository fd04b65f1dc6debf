// Bundles the command line: starting it must not cost reading hundreds of small files. What is native, heavy or the
// user's own choice stays outside, and is loaded on first use. `--sources OUT` bundles the packages' sources, for tests.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build, transform } from "esbuild";

import { helpers, lazyModules } from "./lazy-modules.mjs";

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
  "manifest",
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
    ...["encrypt", "core/manifest", "store-s3", "store-postgres", "store-azure", "store-gcs"].map((name) => ({
      in: `@modelkeep/${name}`,
      out: name.replace("core/", ""),
    })),
  ],
  splitting: true,
  chunkNames: "[name]-[hash]",
  external,
});

// What starts, and the commands that only look at records: each one file of CommonJS, whose loader Node starts with, and
// of which it can keep what it compiled.
const single = {
  ...common,
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  minifyIdentifiers: true,
  banner: { js: helpers },
  external,
};
await build({ ...single, entryPoints: ["src/main.ts"], plugins: [outside(() => true), lazyModules()] });
const quick = await build({
  ...single,
  entryPoints: ["src/run-quick.ts"],
  plugins: [outside((name) => seldom.includes(name)), lazyModules()],
  write: false,
});
for (const { path, text } of quick.outputFiles)
  writeFileSync(path, path.endsWith(".cjs") ? await asFunction(text) : text);

/**
 * A bundle as a function, which compile-cache.ts calls: it imports through main.cjs, since compiled code can't by itself.
 * Node's own modules are loaded when something of them is used. Small, and in ASCII, so that it is read in no time.
 */
async function asFunction(bundle) {
  const { code } = await transform(
    `bundle=function(exports,require,module,__filename,__dirname,__import){` +
      `${bundle.replaceAll("await import(", "await __import(")}\n}`,
    { minify: true, target: common.target },
  );
  return code
    .trim()
    .replace(/^bundle=(.*);$/su, "($1)")
    .replaceAll(/[^\n -~]/gu, escaped);
}

function escaped(character) {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Leaves dynamic imports to the other builds. */
function outside(belongsElsewhere) {
  return {
    name: "outside",
    setup({ onResolve }) {
      onResolve({ filter: /^[.][.]?[/].*[.]js$|^@modelkeep[/]/ }, ({ path, kind }) => {
        const name = path.slice(path.lastIndexOf("/") + 1).replace(/[.]js$/, "");
        return kind === "dynamic-import" && belongsElsewhere(name)
          ? { path: `./${name}.js`, external: true }
          : undefined;
      });
    },
  };
}
