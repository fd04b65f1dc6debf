export type { Awaitable, FileFacts, FileOperations, FolderEntry } from "./file-operations.js";
export * from "./fs-store.js";
export { nodeFileOperations } from "./node-file-operations.js";
export { modelkeep } from "./plugin.js";
