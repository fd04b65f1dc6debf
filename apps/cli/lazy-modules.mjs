import { readFile } from "node:fs/promises";
import { dirname, resolve as resolvePath } from "node:path";

import { transform } from "esbuild";

const ours = /[/](?:packages|apps[/]cli)[/](?:(?!node_modules[/]).)*[.](?:ts|js)$/u;
const lazy = "lazy";

/**
 * For a bundle of CommonJS: our modules run, and load what they import, when something of them is used first, instead of
 * all of them at the start. None of them is imported only for what it does when it is loaded. `helpers` goes before it.
 */
export function lazyModules() {
  return {
    name: "lazy-modules",
    setup({ onLoad, onResolve, resolve }) {
      onResolve({ filter: /^[^:]+$/ }, async ({ path, kind, pluginData, importer, resolveDir, namespace }) => {
        if (pluginData === lazy || kind === "entry-point") return undefined;
        const asked = namespace === lazy && kind === "require-call" ? "import-statement" : kind;
        const found = await resolve(path, { importer, resolveDir, kind: asked, pluginData: lazy });
        if (found.external || !ours.test(found.path)) return found;
        return { ...found, namespace: lazy };
      });
      onLoad({ filter: /./, namespace: lazy }, async ({ path }) => ({
        contents: await asLazy(path),
        resolveDir: dirname(path),
      }));
    },
  };
}

/** What the modules use, and `commonJs` leaves out of each. */
export const helpers = `
  const __later = (load) => {
    let found;
    return () => (found ??= load());
  };
  const __export = (target, all) => {
    for (const name in all) Object.defineProperty(target, name, { get: all[name], enumerable: true });
  };
  const __toCommonJS = (module) => Object.defineProperty(module, "__esModule", { value: true });
  const __toESM = (module) => (module?.__esModule ? module : { __proto__: module, default: module });
`;

async function asLazy(path) {
  const names = [];
  let bare = (await commonJs(path)).replaceAll(
    /\b(import_\w+) = ((?:__toESM\()?require\("[^"]+"\)\)?)/gu,
    (_, name, load) => {
      names.push(name);
      return `${name} = __later(() => ${load})`;
    },
  );
  // In parentheses: \`new a().B()\` would make an object of a.
  if (names.length > 0) bare = bare.replaceAll(new RegExp(`\\b(${names.join("|")})[.]`, "gu"), "($1()).");
  for (const [statement, from] of bare.matchAll(starred)) {
    const all = await exportsOf(resolvePath(dirname(path), from));
    const getters = all.map((name) => `${name}: () => load().${name}`).join(", ");
    const load = `__later(() => require("${from}"))`;
    bare = bare.replace(statement, `((load) => __export(stdin_exports, { ${getters} }))(${load});`);
  }
  return bare;
}

const starred = /__reExport\(stdin_exports, require\("([^"]+)"\), module[.]exports\);/gu;

/** The names that a module exports, through others too. */
async function exportsOf(path) {
  const code = await commonJs(path).catch(() => commonJs(path.replace(/[.]js$/u, ".ts")));
  const [, own = ""] = /__export\(stdin_exports, \{\n(.*?)\n\}\);/su.exec(code) ?? [];
  const through = [...code.matchAll(starred)].map(([, from]) => exportsOf(resolvePath(dirname(path), from)));
  return [...[...own.matchAll(/^ {2}(\w+):/gmu)].map(([, name]) => name), ...(await Promise.all(through)).flat()];
}

/** As CommonJS, without the helpers before it. */
async function commonJs(path) {
  const source = await readFile(path, "utf8");
  if (/^import "/mu.test(source)) throw new Error(`${path} imports a module for its effect, which would not come`);
  const { code } = await transform(source, {
    loader: path.endsWith(".ts") ? "ts" : "js",
    format: "cjs",
    target: "node20.19",
    minifySyntax: true,
  });
  return code.replace(/^(?:"use strict";\n)?(?:var __\w+ = .*\n(?:[\s)}].*\n)*)+/u, "");
}
