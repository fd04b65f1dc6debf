export * from "./gcs-store.js";
export { type GcsStoreOptions, parseGcsUrl } from "./options.js";
export { modelkeep } from "./plugin.js";
