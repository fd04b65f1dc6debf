import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { importsOf, isNodeBuiltin, isRelative, packageNameOf } from "./imports.js";
import { workspacePackages, type WorkspacePackage } from "./workspace.js";

/** What a package may build on. Arrows point down, and plugins never meet. */
const layers: readonly { readonly packages: RegExp; readonly mayUse: RegExp }[] = [
  { packages: /^core$/, mayUse: /^$/ },
  {
    packages: /^(onnx|safetensors|pickle|savedmodel|tfjs|attest|encrypt|wrappers|report|testkit|store-.+)$/,
    mayUse: /^core$/,
  },
  { packages: /^registry$/, mayUse: /^(core|attest)$/ },
  { packages: /^create-plugin$/, mayUse: /^(core|testkit)$/ },
  { packages: /^serving$/, mayUse: /^(core|registry)$/ },
  { packages: /^interchange$/, mayUse: /^(core|registry|pickle)$/ },
  { packages: /^(codec|flavor)-.+$/, mayUse: /^(core|onnx|safetensors|pickle|savedmodel|tfjs)$/ },
];

/** Packages whose sources run in a browser; only the folder src/node may touch Node. */
const portable = /^(core|onnx|safetensors)$/;

const scope = "@modelkeep/";

/** Every place under `base` where a package reaches up or sideways, as sentences. */
export function layerFaults(base?: string): readonly string[] {
  return workspacePackages(base)
    .filter(({ directory }) => directory.startsWith("packages/"))
    .flatMap((item) => packageFaults(item, base));
}

function packageFaults({ directory, manifest }: WorkspacePackage, base = ""): readonly string[] {
  const name = manifest.name.slice(scope.length);
  const layer = layers.find(({ packages }) => packages.test(name));
  if (layer === undefined) return [`${directory}: no layer is known for it; say in the layers check what it may use.`];
  const allowed = (imported: string) =>
    !imported.startsWith(scope) || imported === manifest.name || layer.mayUse.test(imported.slice(scope.length));

  const needed = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies };
  const faults = Object.keys(needed)
    .filter((dependency) => !allowed(dependency))
    .map((dependency) => `${directory}/package.json: ${name} must not depend on ${dependency}.`);

  for (const path of sourcesOf(join(base, directory))) {
    const isTest = path.endsWith(".test.ts") || !path.startsWith("src/");
    const inNode = path.startsWith("src/node/");
    for (const { specifier, line } of importsOf(path, readFileSync(join(base, directory, path), "utf8"))) {
      const fault = (sentence: string) => faults.push(`${directory}/${path}:${line}: ${sentence}`);
      if (isRelative(specifier)) {
        const target = posix.join(posix.dirname(path), specifier);
        if (target.startsWith("../")) fault(`"${specifier}" leaves the package; import the other package by its name.`);
        else if (!isTest && !inNode && portable.test(name) && target.startsWith("src/node/")) {
          fault(`"${specifier}" brings Node into the portable part of ${name}.`);
        }
      } else if (isTest) continue;
      else if (isNodeBuiltin(specifier)) {
        if (portable.test(name) && !inNode) fault(`${name} runs in browsers and must not import "${specifier}".`);
      } else if (!allowed(packageNameOf(specifier))) fault(`${name} must not import "${specifier}".`);
      else if (portable.test(name) && !inNode && specifier === `${scope}core/node`) {
        fault(`${name} runs in browsers and must not import "${specifier}".`);
      }
    }
  }
  return faults;
}

/** The TypeScript files of a package, relative to it, with forward slashes. */
function sourcesOf(directory: string): readonly string[] {
  return ["src", "test"]
    .filter((folder) => existsSync(join(directory, folder)))
    .flatMap((folder) =>
      readdirSync(join(directory, folder), { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
    )
    .map((path) => path.split(sep).join("/"))
    .filter((path) => path.endsWith(".ts") && !path.includes("/fixtures/"))
    .sort();
}
