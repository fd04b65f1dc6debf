import { readFileSync } from "node:fs";

import { ModelkeepError } from "@modelkeep/core";

import { configurationName, discoverConfiguration } from "../configuration.js";
import type { Context } from "../context.js";
import type { StoreSettings } from "../store-settings.js";
import { distrust, trust } from "../trust.js";

/** Trusts what the configuration says now; a change of the file asks again. */
export async function run({ folder, options, output }: Context): Promise<void> {
  const found = discoverConfiguration(folder);
  if (found === undefined)
    throw new ModelkeepError("not_found", `There is no ${configurationName} in ${folder} or above`);
  if (options.flag("undo")) {
    const known = distrust(found.path);
    output.result(
      { path: found.path, trusted: false },
      known ? `${found.path} is trusted no longer` : `${found.path} was not trusted`,
    );
    return;
  }
  trust(found.path, readFileSync(found.path, "utf8"));
  const { store, plugins = [], environments = {} } = found.values;
  const what = [
    ...placesOf(found.values).map((place) => `the store ${place}`),
    ...Object.entries(environments).map(([name, its]) => `the environment ${name} (${placesOf(its).join(", ")})`),
    ...plugins.map((name) => `the plugin ${name}`),
  ];
  output.result(
    { path: found.path, trusted: true, store, environments, plugins },
    `Trusted ${found.path}${what.length > 0 ? `: ${what.join(", ")}` : ""}`,
  );
}

function placesOf({ store, payloads }: StoreSettings): readonly string[] {
  return [...(store === undefined ? [] : [store]), ...(payloads === undefined ? [] : [`payloads in ${payloads}`])];
}
