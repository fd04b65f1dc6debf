import { type Actor, openRegistry, type Registry, type RegistryOptions } from "@modelkeep/registry";
import type { Store } from "@modelkeep/core";
import type { Identity } from "@modelkeep/encrypt";

import type { Command, OptionValues } from "./command.js";
import { archivesOf, discoverConfiguration, type FoundConfiguration, loadConfiguration } from "./configuration.js";
import { openPins } from "./open-pins.js";
import { Output } from "./output.js";
import type { Parsed } from "./parse.js";
import type { Plugins } from "./plugins.js";
import { type StorePlace, type StoreRequest, Stores } from "./stores.js";

/** What a command works with. Stores, registries and plugins are opened when they are asked for, and closed at the end. */
export interface Context {
  readonly arguments: readonly string[];
  readonly options: Options;
  readonly output: Output;
  /** Where the user stands. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly configuration: () => Promise<FoundConfiguration | undefined>;
  readonly plugins: () => Promise<Plugins>;
  /** What opens an encrypted file, or an error that says how to name it. */
  readonly identities: (what: string) => Promise<readonly Identity[]>;
  /** A store by its URL or environment, or the one of the options, the process' environment or the configuration. */
  readonly store: (which?: StoreRequest) => Promise<Store>;
  /** Where that store lies, how it is used, and the store itself below what encrypts it. */
  readonly place: (which?: StoreRequest) => Promise<StorePlace>;
  /** The registry on a store; `withPlugins` when models are read or written, not only their records; `writes` when it is changed. */
  readonly registry: (options?: RegistryRequest) => Promise<Registry>;
}

export interface RegistryRequest {
  readonly at?: StoreRequest | undefined;
  readonly withPlugins?: boolean;
  readonly writes?: boolean;
  /** Models are used: only those that are attested, where the options or the configuration ask for it. */
  readonly attested?: boolean;
}

/** Options by name and type: what the declaration says is what they are. */
export class Options {
  readonly #values: OptionValues;

  constructor(values: OptionValues) {
    this.#values = values;
  }

  text(name: string): string | undefined {
    return this.#values[name] as string | undefined;
  }

  list(name: string): readonly string[] {
    return (this.#values[name] as readonly string[] | undefined) ?? [];
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** A flag that was given either way, or not at all. */
  choice(name: string): boolean | undefined {
    return this.#values[name] as boolean | undefined;
  }
}

export function createContext(command: Command, parsed: Parsed): Context & { close(): Promise<void> } {
  // npm runs scripts in the package's folder and says in INIT_CWD where the user stands.
  const folder = process.env["MODELKEEP_FOLDER"] ?? process.cwd();
  const options = new Options(parsed.options);
  const output = new Output({
    json: options.flag("json"),
    quiet: options.flag("quiet"),
    color: options.choice("color"),
    stdout: process.stdout,
    stderr: process.stderr,
  });
  const configuration = once(async () => {
    const given = options.text("config");
    if (given !== undefined) return loadConfiguration(given);
    return command.withoutConfiguration === true ? undefined : discoverConfiguration(folder);
  });
  const plugins = once(async () => {
    const { loadPlugins, pluginNames } = await import("./plugins.js");
    return loadPlugins(pluginNames(options.list("plugin"), await configuration(), output), folder);
  });
  const stores = new Stores({
    options,
    folder,
    configuration,
    openers: async () => (options.list("plugin").length > 0 ? (await plugins()).stores : undefined),
  });
  const store = (which?: StoreRequest): Promise<Store> => stores.store(which);
  /** The archives of the configuration: each is opened when something in it is asked for. */
  const openArchives = async () => {
    const found = await configuration();
    if (found?.values.archives === undefined) return undefined;
    const { lazyStore } = await import("./lazy-store.js");
    return Object.fromEntries(archivesOf(found).map(([name, at]) => [name, lazyStore(name, () => store(at))]));
  };
  return {
    arguments: parsed.positionals,
    options,
    output,
    folder,
    signal: new AbortController().signal,
    configuration,
    plugins,
    async identities(what) {
      const { neededIdentities } = await import("./identities.js");
      return neededIdentities(options, folder, what);
    },
    store,
    place: (which) => stores.place(which),
    async registry({ at, withPlugins = false, writes = false, attested = false } = {}) {
      const [opened, loaded, who, found] = await Promise.all([
        store(at),
        withPlugins ? plugins() : undefined,
        writes ? actor(configuration, folder) : undefined,
        writes ? configuration() : undefined,
      ]);
      const archives = typeof at === "string" ? undefined : await openArchives();
      const environment = withPlugins ? (await import("./compatibility.js")).lookUp(folder) : undefined;
      const policies = found?.values.policies;
      const by = attested
        ? await (await import("./attested-by.js")).attestedBy({ options, folder, configuration })
        : undefined;
      const signing = writes ? await signingOptions(options.text("sign-with"), folder, found) : {};
      const pins = await openPins({ options, folder, configuration }, (await stores.place(at)).url);
      const rules = { policies, attestedBy: by, pins, ...signing };
      return openRegistry({ store: opened, actor: who, readOnly: !writes, environment, archives, ...rules, ...loaded });
    },
    async close() {
      await stores.close();
    },
  };
}

/** The key that signs entries, and who signs those of new models. Nothing is loaded where neither is named. */
async function signingOptions(
  given: string | undefined,
  folder: string,
  found: FoundConfiguration | undefined,
): Promise<Pick<RegistryOptions, "signEntries" | "signers">> {
  const { key, signers } = found?.values ?? {};
  if ((given ?? process.env["MODELKEEP_KEY"] ?? key ?? signers) === undefined) return {};
  const { signingKey, ringFrom } = await import("./signing-key.js");
  return {
    signEntries: signingKey(given, folder, found),
    signers: signers && ringFrom(signers, found!.folder, `signers of ${found!.path}`),
  };
}

/** Who acts: $MODELKEEP_ACTOR, else the configuration, else git's user, else the system's. */
async function actor(configuration: () => Promise<FoundConfiguration | undefined>, folder: string): Promise<Actor> {
  const named = process.env["MODELKEEP_ACTOR"] ?? (await configuration())?.values.actor;
  if (named !== undefined && named !== "") return parseActor(named);
  const { gitAuthor } = await import("@modelkeep/core/node");
  const author = await gitAuthor(folder);
  if (author !== undefined) return author;
  const { userInfo } = await import("node:os");
  return { name: userInfo().username };
}

/** "Bob <bob@example.org>", or only a name. */
export function parseActor(text: string): Actor {
  const match = /^(.*?)\s*<([^<>]+)>$/u.exec(text);
  return match === null ? { name: text } : { name: match[1]!, email: match[2]! };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
