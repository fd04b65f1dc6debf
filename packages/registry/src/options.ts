import type { Codec, Converter, Flavor, Runtime, Store } from "@modelkeep/core";

import type { AttestedBy } from "./attested.js";
import type { LookUpEnvironment } from "./compatibility.js";
import type { Actor } from "./entry.js";
import type { Policy } from "./policy.js";
import type { EntryKey } from "./signed-entries.js";
import type { NewRing } from "./signers.js";
import type { Pins } from "./pins.js";

/** What is installed: a registry handles what these handle, and keeps the rest as opaque files. */
export interface Plugins {
  readonly codecs: readonly Codec[];
  readonly flavors: readonly Flavor[];
  readonly converters: readonly Converter[];
  readonly runtimes: readonly Runtime[];
}

/**
 * Where a registry lies, who works with it, and the plugins it has. Only `store` is needed; without plugins it keeps
 * files as they are.
 */
export interface RegistryOptions extends Partial<Plugins> {
  readonly store: Store;
  /** Other stores that files may be moved to, by name: `{ cold: s3Store({ … }) }`. */
  readonly archives?: Readonly<Record<string, Store>> | undefined;
  /** Who makes the changes. Without a server this is what the caller says. Needed for changes only. */
  readonly actor?: Actor | string | undefined;
  /** By alias: policies that every model gets with its first version, in the same entry. */
  readonly policies?: Readonly<Record<string, Policy>> | undefined;
  /**
   * A private key, in PEM or read, that signs every entry. A model that has signers takes no other entries, and its entries are
   * by whom the key was added for.
   */
  readonly signEntries?: EntryKey | undefined;
  /** Signers that every model gets with its first version, in the same entry. The key of `signEntries` must be an administrator's among them. */
  readonly signers?: NewRing | undefined;
  /** For tests; entries are dated by it. */
  readonly clock?: (() => Date) | undefined;
  /** How this process calls its platform in records: "linux-x64 node 20.20.2". */
  readonly platform?: string | undefined;
  /** What is running and installed, for the check before a model is loaded. Default: the runtime only. */
  readonly environment?: LookUpEnvironment | undefined;
  /** Opens and loads only versions that somebody of these vouches for. */
  readonly attestedBy?: AttestedBy | undefined;
  /** How far histories were seen before: an older state of the store is refused as `rolled_back`. See `filePins`. */
  readonly pins?: Pins | undefined;
  /** Never writes, not even to set the registry up. */
  readonly readOnly?: boolean | undefined;
  /** For a registry that is new: how young unreferenced bytes must be to be spared by garbage collection. Default 24 hours. */
  readonly graceSeconds?: number | undefined;
  /** Waiting between attempts, for tests that schedule by themselves. */
  readonly sleep?: ((milliseconds: number) => Promise<void>) | undefined;
}

/** How this process calls its platform in records: "linux-x64 node 20.20.2". */
export function platform(): string {
  const { process } = globalThis as { process?: { platform?: string; arch?: string; versions?: { node?: string } } };
  if (process?.versions?.node === undefined) return "browser";
  return `${process.platform}-${process.arch} node ${process.versions.node}`;
}
