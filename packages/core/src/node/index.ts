export * from "./environment.js";
export * from "./file-object.js";
export * from "./file-payloads.js";
export * from "./git.js";
export { digestFileChunks, type ChunkDigestOptions } from "./hash-worker.js";
export * from "./measuring.js";
export { syncFolder, writeNewFile, type NewFileOptions } from "./new-file.js";
export * from "./package-file.js";
export * from "./verify-parallel.js";
