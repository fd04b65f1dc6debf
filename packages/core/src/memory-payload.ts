import type { Payload, PayloadSet, PayloadSource } from "./codec.js";
import { payloadSet } from "./envelope.js";
import { joinBytes } from "./join-bytes.js";
import { checkPath } from "./path.js";
import { storedBytes } from "./stored-bytes.js";
import { unverifiedPayload } from "./unverified-payload.js";

/** A file in memory that is to be a payload. */
export interface MemoryFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mediaType?: string | undefined;
  readonly role?: string | undefined;
}

/** Payloads over bytes in memory, the main one first. Nothing is verified: the bytes are the caller's own. */
export function memoryPayloads(files: Iterable<MemoryFile>): PayloadSet {
  return payloadSet([...files].map(memoryPayload));
}

/** What an encoder made, read into memory. */
export async function collectPayloads(sources: Iterable<PayloadSource>): Promise<PayloadSet> {
  const files: MemoryFile[] = [];
  for (const source of sources) {
    const { path, mediaType, role } = source;
    files.push({ path, mediaType, role, bytes: await collect(source.open()) });
  }
  return memoryPayloads(files);
}

/** A source over bytes in memory, for encoders. They are not copied and not to be changed. */
export function memorySource(
  path: string,
  bytes: Uint8Array,
  about: { readonly mediaType?: string; readonly role?: string } = {},
): PayloadSource {
  return {
    path: checkPath(path),
    size: bytes.length,
    ...about,
    async *open() {
      yield bytes;
    },
  };
}

/** All bytes of a stream in one array. */
export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(new Uint8Array(piece));
  return joinBytes(pieces);
}

function memoryPayload({ bytes, ...about }: MemoryFile): Payload {
  return unverifiedPayload(storedBytes(bytes), about);
}
