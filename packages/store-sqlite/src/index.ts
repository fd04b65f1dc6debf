export * from "./sqlite-store.js";
export { modelkeep } from "./plugin.js";
