export type { Connection } from "./database.js";
export * from "./sqlite-store.js";
export { modelkeep } from "./plugin.js";
