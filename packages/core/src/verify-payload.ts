import type { Payload, ReadOptions } from "./codec.js";
import { verifyStored } from "./verified-chunks.js";
import { keptBytes, openPayload } from "./verified-payload.js";

/**
 * Reads every byte of a verified payload and keeps none: in constant memory where it lies in one place.
 * @throws `digest_mismatch` or `size_mismatch` where the bytes are not those of the manifest
 */
export async function verifyPayload(payload: Payload, options: ReadOptions = {}): Promise<void> {
  const kept = keptBytes(payload);
  if (kept !== undefined) return verifyStored(kept.facts, await openPayload(kept.facts, kept.open), options);
  // Reading is verifying: nothing comes out that does not match.
  for await (const _ of payload.stream(options));
}
