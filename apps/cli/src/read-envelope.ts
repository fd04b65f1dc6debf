import type { Envelope } from "@modelkeep/core";

/** Reads every byte, which verifies it; gives their count. */
export async function readEnvelope(envelope: Envelope, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  for (const { path } of envelope.manifest.payloads) {
    for await (const piece of envelope.payload(path)!.stream({ signal })) bytes += piece.length;
  }
  return bytes;
}
