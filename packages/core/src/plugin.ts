import type { Codec } from "./codec.js";
import type { Converter, Flavor, Runtime } from "./flavor.js";
import type { Store } from "./store.js";

/**
 * What a plugin's package exports as `modelkeep`, so that a program can load it by its name. Factories: importing the
 * package does nothing yet.
 */
export interface PluginModule {
  readonly codecs?: readonly (() => Codec)[];
  readonly flavors?: readonly (() => Flavor)[];
  readonly converters?: readonly (() => Converter)[];
  readonly runtimes?: readonly (() => Runtime)[];
  /** By the scheme of their URLs. */
  readonly stores?: Readonly<Record<string, (url: string) => Promise<Store> | Store>>;
}

/** The npm package that something comes from: what a fresh installation needs to load a model again. */
export interface PackageName {
  readonly name: string;
  readonly version: string;
}
