import type { IncomingHttpHeaders } from "node:http";

import type { Connection } from "./connection.js";
import { silence } from "./failure.js";

/** What one request has brought: at most what was asked for, less where the answer broke off. */
export interface Window {
  readonly headers: IncomingHttpHeaders;
  readonly pieces: readonly Uint8Array[];
  readonly length: number;
  /** Why it is shorter than it was asked for. */
  readonly failure?: unknown;
}

/**
 * Reads a range to its end. The client can't let go of an answer that it has begun: its connection stays busy until the
 * service closes it. So answers are small and always taken whole, whether or not somebody still waits for them.
 */
export async function readWindow(
  connection: Connection,
  { key, generation, from, to }: { key: string; generation?: string; from: number; to: number },
): Promise<Window> {
  const file = await connection.file(key, generation);
  const stream = file.createReadStream({ start: from, end: to - 1, validation: false, decompress: false });
  let headers: IncomingHttpHeaders = {};
  stream.on("response", (response: { headers: IncomingHttpHeaders }) => ({ headers } = response));
  const pieces: Uint8Array[] = [];
  let length = 0;
  // The client waits for ever for the rest of an answer whose connection is gone.
  const { timeout } = connection.settings;
  const stalled = setTimeout(() => stream.destroy(silence(timeout)), timeout);
  try {
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      const bytes = new Uint8Array(piece.buffer, piece.byteOffset, piece.length).subarray(0, to - from - length);
      stalled.refresh();
      pieces.push(bytes);
      length += bytes.length;
    }
  } catch (failure) {
    if (length === 0) throw failure;
    return { headers, pieces, length, failure };
  } finally {
    clearTimeout(stalled);
  }
  return { headers, pieces, length };
}
