import type { Envelope, ReadOptions } from "@modelkeep/core";

/** Reads every byte, which verifies it; gives their count. */
export async function readEnvelope(envelope: Envelope, { signal, progress }: ReadOptions): Promise<number> {
  const { payloads } = envelope.manifest;
  const total = payloads.reduce((sum, { size }) => sum + size, 0);
  let bytes = 0;
  for (const { path } of payloads) {
    for await (const piece of envelope.payload(path)!.stream({ signal })) {
      bytes += piece.length;
      progress?.({ done: bytes, total });
    }
  }
  return bytes;
}
