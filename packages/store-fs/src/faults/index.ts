export * from "./faulty-operations.js";
export { MemoryDisk, type PowerFailureOptions } from "./memory-disk.js";
export * from "./wrong-protocols.js";
