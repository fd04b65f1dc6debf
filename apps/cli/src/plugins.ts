import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import {
  type Codec,
  type Converter,
  type Flavor,
  ModelkeepError,
  type PluginModule,
  type Runtime,
  type Store,
} from "@modelkeep/core";

import type { FoundConfiguration } from "./configuration.js";
import type { Output } from "./output.js";

/** What reads, writes, converts and runs models here. */
export interface Plugins {
  readonly codecs: readonly Codec[];
  readonly flavors: readonly Flavor[];
  readonly converters: readonly Converter[];
  readonly runtimes: readonly Runtime[];
  readonly stores: ReadonlyMap<string, (url: string) => Promise<Store>>;
}

/** The plugins that come with the command line, in the order in which they are asked. */
const standard: readonly (() => Promise<{ readonly modelkeep: PluginModule }>)[] = [
  () => import("@modelkeep/codec-onnx"),
  () => import("@modelkeep/codec-safetensors"),
  () => import("@modelkeep/codec-json"),
  () => import("@modelkeep/codec-msgpack"),
  () => import("@modelkeep/codec-pickle"),
  () => import("@modelkeep/codec-numpy"),
  () => import("@modelkeep/codec-torch"),
  () => import("@modelkeep/codec-savedmodel"),
  () => import("@modelkeep/codec-keras"),
  () => import("@modelkeep/codec-tfjs"),
  () => import("@modelkeep/codec-gguf"),
  () => import("@modelkeep/flavor-mljs"),
  () => import("@modelkeep/flavor-sklearn"),
  () => import("@modelkeep/flavor-keras"),
  () => import("@modelkeep/flavor-tensorflow"),
];

/** Packages to load: those of --plugin, and those of a configuration that is trusted. */
export function pluginNames(
  given: readonly string[],
  found: FoundConfiguration | undefined,
  output: Output,
): readonly string[] {
  const named = found?.values.plugins ?? [];
  if (found !== undefined && named.length > 0 && !found.trusted) {
    const missing = named.filter((name) => !given.includes(name));
    if (missing.length > 0)
      output.warn(
        `${found.path} names plugins that are not loaded: ${missing.join(", ")}. Read the file, then run "modelkeep trust", or name them by --plugin`,
      );
    return given;
  }
  return [...new Set([...given, ...named])];
}

/** The user's own plugins are asked before those that come with the command line. */
export async function loadPlugins(names: readonly string[], folder: string): Promise<Plugins> {
  const modules = await Promise.all([
    ...names.map((name) => loadPlugin(name, folder)),
    ...standard.map(async (load) => (await load()).modelkeep),
  ]);
  const all = <K extends "codecs" | "flavors" | "converters" | "runtimes">(kind: K) =>
    modules.flatMap((module) => (module[kind] ?? []).map((make) => make())) as unknown as Plugins[K];
  const stores = new Map<string, (url: string) => Promise<Store>>();
  for (const [scheme, open] of modules.toReversed().flatMap((module) => Object.entries(module.stores ?? {})))
    stores.set(scheme, async (url) => open(url));
  return {
    codecs: all("codecs"),
    flavors: all("flavors"),
    converters: all("converters"),
    runtimes: all("runtimes"),
    stores,
  };
}

/** From the user's folder, as node would resolve it there. */
async function loadPlugin(name: string, folder: string): Promise<PluginModule> {
  let path: string;
  try {
    path = createRequire(join(folder, "package.json")).resolve(name);
  } catch (cause) {
    throw new ModelkeepError(
      "missing_package",
      `The plugin ${name} is not installed in ${folder}: npm install ${name}`,
      { cause, details: { package: name } },
    );
  }
  const module = (await import(pathToFileURL(path).href)) as { modelkeep?: PluginModule };
  if (module.modelkeep === undefined)
    throw new ModelkeepError("unsupported", `${name} is no plugin: it exports no "modelkeep"`);
  return module.modelkeep;
}
