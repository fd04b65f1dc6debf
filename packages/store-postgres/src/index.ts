export { createSchema } from "./create-schema.js";
export type { PostgresStoreOptions } from "./options.js";
export { modelkeep } from "./plugin.js";
export * from "./postgres-store.js";
