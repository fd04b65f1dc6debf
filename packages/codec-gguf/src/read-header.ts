import { joinBytes, ModelkeepError, type Payload } from "@modelkeep/core";

import { MoreNeeded } from "./byte-cursor.js";
import { type GgufHeader, headerLimit, parseHeader, type ParseHeaderOptions } from "./header.js";

export interface ReadHeaderOptions extends ParseHeaderOptions {
  readonly signal?: AbortSignal | undefined;
}

const firstBytes = 65_536;

/** The header of a payload, from its first bytes alone: how many it has shows only when they are read. */
export async function readHeader(
  payload: Pick<Payload, "size" | "range">,
  options: ReadHeaderOptions = {},
): Promise<GgufHeader> {
  let bytes = await payload.range(0, Math.min(firstBytes, payload.size), options);
  for (;;) {
    try {
      return parseHeader(bytes, payload.size, options);
    } catch (error) {
      if (!(error instanceof MoreNeeded)) throw error;
      const size = Math.min(Math.max(withinLimit(error.end), 2 * bytes.byteLength), headerLimit, payload.size);
      bytes = joinBytes([bytes, await payload.range(bytes.byteLength, size, options)]);
    }
  }
}

/** The header of a file that is in memory. */
export function headerOf(buffer: ArrayBuffer, options: ParseHeaderOptions = {}): GgufHeader {
  try {
    return parseHeader(new Uint8Array(buffer, 0, Math.min(buffer.byteLength, headerLimit)), buffer.byteLength, options);
  } catch (error) {
    if (error instanceof MoreNeeded) withinLimit(error.end);
    throw error;
  }
}

function withinLimit(end: number): number {
  if (end <= headerLimit) return end;
  throw new ModelkeepError("limit_exceeded", `The GGUF header has at least ${end} bytes; the limit is ${headerLimit}`);
}
