import { resolve } from "node:path";

import { ModelkeepError } from "@modelkeep/core";
import type { Pins } from "@modelkeep/registry";

import type { FoundConfiguration } from "./configuration.js";
import type { Context } from "./context.js";
import { located } from "./store-settings.js";

/** Where it is remembered how far histories of a store went: by --pins, $MODELKEEP_PINS or the configuration; else nowhere. */
export async function openPins(
  { options, folder, configuration }: Pick<Context, "options" | "folder" | "configuration">,
  store: string,
): Promise<Pins | undefined> {
  const named = options.text("pins") ?? process.env["MODELKEEP_PINS"];
  const found = named === undefined || named === "" ? await configuration() : undefined;
  const path = found === undefined ? named : pinsOf(found);
  if (path === undefined || path === "") return undefined;
  const { filePins } = await import("@modelkeep/registry/node");
  // The store by a name that is the same wherever the user stands.
  return filePins(resolve(folder, path), { of: located(store, folder).url });
}

/** A file that nobody has trusted yet must not have something written outside of its folder. */
function pinsOf({ values, folder, path, trusted }: FoundConfiguration): string | undefined {
  if (values.pins === undefined) return undefined;
  const { url, inside } = located(values.pins, folder);
  if (trusted || inside) return url;
  throw new ModelkeepError(
    "refused",
    `${path} names the file of pins ${JSON.stringify(values.pins)}, which lies outside of its folder: read the file, then run "modelkeep trust", or give --pins yourself`,
  );
}
