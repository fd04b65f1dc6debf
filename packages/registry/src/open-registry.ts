import { checkAlias } from "@modelkeep/core";

import { archivesOf } from "./archives.js";
import { currentRuntime } from "./compatibility.js";
import type { Actor } from "./entry.js";
import { Logs } from "./logs.js";
import { platform, type RegistryOptions } from "./options.js";
import { checkPolicy, type Policy } from "./policy.js";
import { Registry } from "./registry.js";
import { createRoot, readRoot } from "./root.js";
import { readEntryKey } from "./signed-entries.js";
import { ownSigner } from "./signers.js";
import { StoreClock } from "./store-clock.js";

/**
 * Opens the registry in a store, and sets one up where there is none. Disposing of it disposes of the store and the archives.
 * @throws `invalid_input` where a policy is none, `unusable_key` where `signEntries` is no key
 */
export async function openRegistry(options: RegistryOptions): Promise<Registry> {
  const { store, codecs = [], flavors = [], converters = [], runtimes = [], clock = () => new Date() } = options;
  let readOnly = options.readOnly === true ? "It was opened so." : undefined;
  const root =
    (await readRoot(store)) ?? (readOnly === undefined ? await createRoot(store, options.graceSeconds) : undefined);
  readOnly ??= root?.readOnly;
  const entryKey = options.signEntries === undefined ? undefined : readEntryKey(options.signEntries);
  return new Registry({
    store,
    plugins: { codecs, flavors, converters, runtimes },
    logs: new Logs(store, options.pins),
    clock,
    storeClock: new StoreClock(clock),
    archives: archivesOf(options.archives),
    sleep: options.sleep ?? ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))),
    platform: options.platform ?? platform(),
    environment: options.environment ?? currentRuntime,
    id: root?.id,
    graceSeconds: root?.graceSeconds ?? 86_400,
    attestedBy: options.attestedBy,
    actor: ownSigner(options.signers, entryKey) ?? actorOf(options.actor),
    entryKey,
    signers: options.signers,
    policies: policiesOf(options.policies),
    readOnly,
  });
}

function policiesOf(policies: RegistryOptions["policies"] = {}): ReadonlyMap<string, Policy> {
  return new Map(Object.entries(policies).map(([alias, policy]) => [checkAlias(alias), checkPolicy(policy)]));
}

function actorOf(actor: Actor | string | undefined): Actor | undefined {
  return typeof actor === "string" ? { name: actor } : actor;
}
