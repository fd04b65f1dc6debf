export type { RetryOptions } from "./attempts.js";
export type { RetryPolicy } from "./back-off.js";
export { cached, type CacheOptions } from "./cached.js";
export { retried } from "./retried.js";
export { split, type SplitOptions } from "./split.js";
