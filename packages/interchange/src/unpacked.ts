import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { ModelkeepError } from "@modelkeep/core";

/** An engine of `node:zlib`, with nothing in it yet. */
export type Unpacker = NodeJS.ReadWriteStream & { destroy(): void };

/** How a stream is told of, how much it may hold, and what it is called when it ends within. */
export interface Unpacking {
  readonly what: string;
  readonly most: number;
  readonly cut: "truncated" | "malformed";
}

/** What comes out of compressed bytes, while they are read: `limit_exceeded` beyond `most` bytes, `malformed` where they are damaged. */
export async function* unpacked(
  bytes: AsyncIterable<Uint8Array>,
  engine: Unpacker,
  { what, most, cut }: Unpacking,
): AsyncGenerator<Uint8Array, void, undefined> {
  const fed = pipeline(Readable.from(bytes, { objectMode: true }), engine);
  fed.catch(() => undefined);
  let length = 0;
  try {
    for await (const piece of engine as AsyncIterable<unknown> as AsyncIterable<Uint8Array>) {
      length += piece.length;
      if (length > most)
        throw new ModelkeepError("limit_exceeded", `${what} expands to more than the ${most} bytes that are allowed`);
      yield piece;
    }
    await fed;
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    if (typeof code !== "string" || !code.startsWith("Z")) throw cause;
    if (code === "Z_BUF_ERROR") throw new ModelkeepError(cut, `${what} ends before its end`, { cause });
    throw new ModelkeepError("malformed", `${what} is damaged: ${(cause as Error).message}`, { cause });
  } finally {
    engine.destroy();
  }
}
