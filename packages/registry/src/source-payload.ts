import {
  collect,
  memoryPayloads,
  type Payload,
  type PayloadSet,
  payloadSet,
  type PayloadSource,
} from "@modelkeep/core";

/** Sources that are not stored yet, as payloads: what inspects and runs a model before it is saved. Nothing is verified. */
export function sourcePayloads(sources: Iterable<PayloadSource>): PayloadSet {
  return payloadSet([...sources].map(sourcePayload));
}

function sourcePayload(source: PayloadSource): Payload {
  const whole = async () => memoryPayloads([{ path: source.path, bytes: await collect(source.open()) }]).main;
  return {
    path: source.path,
    role: source.role ?? "model",
    mediaType: source.mediaType ?? "application/octet-stream",
    size: source.size ?? 0,
    buffer: async (options) => (await whole()).buffer(options),
    bytes: async (options) => (await whole()).bytes(options),
    range: (start, end) => collect(cut(source, start, end)),
    stream: () => source.open(),
  };
}

async function* cut(source: PayloadSource, start: number, end: number): AsyncIterable<Uint8Array> {
  let at = 0;
  for await (const bytes of source.open()) {
    const piece = bytes.subarray(Math.max(0, start - at), Math.max(0, end - at));
    if (piece.length > 0) yield piece;
    at += bytes.length;
    if (at >= end) return;
  }
}
