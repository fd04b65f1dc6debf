/** Payloads from this size on carry a list of chunk digests. */
export const chunkThreshold = 64 * 1024 * 1024;
/** Bytes per chunk, the last one excepted. */
export const chunkSize = 16 * 1024 * 1024;
/** The most that a manifest may have. */
export const manifestLimit = 16 * 1024 * 1024;
/** The most that one file below `attestations/` may have. */
export const attestationLimit = 4 * 1024 * 1024;
