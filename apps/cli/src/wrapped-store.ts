import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";

import type { Store } from "@modelkeep/core";
import { cached, retried, split } from "@modelkeep/wrappers";

import { bytesOf, type StoreSettings } from "./store-settings.js";

/** A store as the configuration wants it used: tried again, in two parts, with copies on this machine. */
export async function wrappedStore(
  url: string,
  { payloads, cache, retry }: StoreSettings,
  open: (url: string) => Promise<Store>,
): Promise<Store> {
  const part = async (each: string): Promise<Store> =>
    retry === undefined ? open(each) : retried(await open(each), retry);
  const whole = payloads === undefined ? await part(url) : split(await part(payloads), await part(url));
  if (cache === undefined) return whole;
  // Stores have the same keys: each has a folder of its own.
  const name = createHash("sha256")
    .update(JSON.stringify([url, payloads]))
    .digest("hex")
    .slice(0, 32);
  return cached(whole, join(cache.folder ?? cacheFolder(), name), { maxBytes: bytesOf(cache.size)! });
}

function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  const home = XDG_CACHE_HOME || (process.platform === "win32" ? LOCALAPPDATA : undefined) || join(homedir(), ".cache");
  return join(home, "modelkeep");
}
