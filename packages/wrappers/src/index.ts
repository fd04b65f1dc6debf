export type { RetryOptions, RetryPolicy } from "./attempts.js";
export { cached, type CacheOptions } from "./cached.js";
export { retried } from "./retried.js";
export { split, type SplitOptions } from "./split.js";
