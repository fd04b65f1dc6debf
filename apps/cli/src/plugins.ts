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
async function standard(): Promise<Plugins> {
  const [json, msgpack, safetensors, onnx, mljs] = await Promise.all([
    import("@modelkeep/codec-json"),
    import("@modelkeep/codec-msgpack"),
    import("@modelkeep/codec-safetensors"),
    import("@modelkeep/codec-onnx"),
    import("@modelkeep/flavor-mljs"),
  ]);
  return {
    codecs: [
      onnx.onnxCodec(),
      safetensors.safetensorsCodec(),
      json.jsonCodec(),
      msgpack.msgpackCodec(),
    ] as readonly Codec[],
    flavors: [mljs.mljsFlavor()],
    converters: [mljs.mljsConverter()],
    runtimes: [onnx.onnxRuntime(), mljs.mljsRuntime()],
    stores: new Map(),
  };
}

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

export async function loadPlugins(names: readonly string[], folder: string): Promise<Plugins> {
  const plugins = await standard();
  const stores = new Map(plugins.stores);
  const all = {
    codecs: [...plugins.codecs],
    flavors: [...plugins.flavors],
    converters: [...plugins.converters],
    runtimes: [...plugins.runtimes],
  };
  for (const name of names) {
    const module = await loadPlugin(name, folder);
    all.codecs.unshift(...(module.codecs ?? []).map((make) => make()));
    all.flavors.unshift(...(module.flavors ?? []).map((make) => make()));
    all.converters.unshift(...(module.converters ?? []).map((make) => make()));
    all.runtimes.unshift(...(module.runtimes ?? []).map((make) => make()));
    for (const [scheme, open] of Object.entries(module.stores ?? {})) stores.set(scheme, async (url) => open(url));
  }
  return { ...all, stores };
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
