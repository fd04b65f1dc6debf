export type { S3StoreOptions, ServerSideEncryption } from "./options.js";
export { parseS3Url } from "./parse-url.js";
export { s3Store, s3StoreFromUrl } from "./s3-store.js";
export { modelkeep } from "./plugin.js";
