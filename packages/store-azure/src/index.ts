export * from "./azure-store.js";
export { type AzureStoreOptions, parseAzureUrl, type TokenSource } from "./options.js";
export { modelkeep } from "./plugin.js";
