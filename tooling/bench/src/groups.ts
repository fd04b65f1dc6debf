import type { Group } from "./bench.js";

/** Loaded one at a time: what one group needs may be missing without harm to the others. */
export const groups: Readonly<Record<string, () => Promise<Group>>> = {
  io: async () => (await import("./groups/io.js")).io,
  formats: async () => (await import("./groups/formats.js")).formats,
  forest: async () => (await import("./groups/forest.js")).forest,
  zip: async () => (await import("./groups/zip.js")).zip,
  cache: async () => (await import("./groups/cache.js")).cache,
  encrypt: async () => (await import("./groups/encrypt.js")).encrypt,
  registry: async () => (await import("./groups/registry.js")).registry,
  backup: async () => (await import("./groups/backup.js")).backup,
  stores: async () => (await import("./groups/stores.js")).stores,
  listings: async () => (await import("./groups/stores.js")).listings,
  predict: async () => (await import("./groups/predict.js")).predict,
  serving: async () => (await import("./groups/serving.js")).serving,
  pickle: async () => (await import("./groups/pickle.js")).pickle,
  cli: async () => (await import("./groups/cli.js")).cli,
};
