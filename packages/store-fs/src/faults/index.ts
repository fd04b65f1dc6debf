export * from "./faulty-operations.js";
export { MemoryDisk } from "./memory-disk.js";
