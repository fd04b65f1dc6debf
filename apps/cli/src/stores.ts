import { ModelkeepError, type Store } from "@modelkeep/core";

import type { FoundConfiguration } from "./configuration.js";
import type { Options } from "./context.js";
import { UsageError } from "./parse.js";
import { settingsOf, type StoreSettings } from "./store-settings.js";
import { openStore, type StoreOpeners } from "./store-url.js";

/** A URL, or the name of an environment. Nothing is what the options, the process' environment or the configuration say. */
export type StoreRequest = string | { readonly environment: string };

/** Where a store lies, how it is used, and the store itself below what encrypts it. */
export interface StorePlace {
  readonly url: string;
  readonly settings: StoreSettings;
  readonly below: () => Promise<Store>;
}

interface Surroundings {
  readonly options: Options;
  readonly folder: string;
  readonly configuration: () => Promise<FoundConfiguration | undefined>;
  /** Stores of plugins. */
  readonly openers: () => Promise<StoreOpeners | undefined>;
}

/** The stores of one run: each is opened once, and closed at the end. */
export class Stores {
  readonly #surroundings: Surroundings;
  readonly #open = new Map<string, Promise<Store>>();
  /** Closed with those that they lie on. */
  readonly #wrapped = new Map<string, Promise<Store>>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  async place(which?: StoreRequest): Promise<StorePlace> {
    const settings = await this.#settings(which);
    const url = settings.store ?? "models";
    const { payloads, cache, retry } = settings;
    const plain = url.replace(/^age\+/u, "");
    const base = (): Promise<Store> => this.#base(plain);
    if ((payloads ?? cache ?? retry) === undefined) return { url, settings, below: base };
    const below = () =>
      keep(this.#wrapped, JSON.stringify([plain, payloads, cache, retry]), async () => {
        const { wrappedStore } = await import("./wrapped-store.js");
        return wrappedStore(plain, settings, (part) => this.#base(part));
      });
    return { url, settings, below };
  }

  async store(which?: StoreRequest): Promise<Store> {
    const { options, folder } = this.#surroundings;
    const { url, below, settings } = await this.place(which);
    if (!url.startsWith("age+")) return below();
    const { encryptedStore, openingOf } = await import("./encrypted-store.js");
    return keep(this.#wrapped, JSON.stringify([url, settings]), async () =>
      encryptedStore(await below(), await openingOf(url, options, folder, settings.encryption), options),
    );
  }

  #base(url: string): Promise<Store> {
    const { folder, openers } = this.#surroundings;
    return keep(this.#open, url, async () => openStore(url, folder, await openers()));
  }

  async close(): Promise<void> {
    for (const each of this.#open.values()) await (await each.catch(() => undefined))?.[Symbol.asyncDispose]?.();
  }

  async #settings(which: StoreRequest | undefined): Promise<StoreSettings> {
    const { options, configuration } = this.#surroundings;
    if (typeof which === "string") return { store: which };
    const url = which === undefined ? options.text("store") : undefined;
    const environment = which?.environment ?? options.text("environment");
    if (url !== undefined && environment !== undefined)
      throw new UsageError("--store and --environment each name a store: give one of them");
    if (url !== undefined) return { store: url };
    const inherited = process.env["MODELKEEP_STORE"];
    if (environment === undefined && inherited) return { store: inherited };
    const found = await configuration();
    if (environment !== undefined && found === undefined)
      throw new ModelkeepError(
        "not_found",
        `There is no modelkeep.json that says what the environment ${environment} is`,
      );
    return (found && settingsOf(found, environment || process.env["MODELKEEP_ENVIRONMENT"] || undefined)) ?? {};
  }
}

function keep(stores: Map<string, Promise<Store>>, url: string, make: () => Promise<Store>): Promise<Store> {
  const opened = stores.get(url) ?? make();
  stores.set(url, opened);
  return opened;
}
