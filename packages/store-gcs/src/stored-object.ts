import { cutRange, ModelkeepError, throwIfAborted } from "@modelkeep/core";
import type { GetOptions, ReadIntoOptions, StoredObject } from "@modelkeep/core";

import type { Connection } from "./connection.js";
import { classify, explain } from "./failure.js";
import { headObject } from "./head-object.js";

/** How often a download that broke is gone on with, without a byte of progress in between. */
const patience = 5;

/** An object as it was found: its generation is asked for, so one that was replaced since is a `conflict`, never a mixture. */
export async function getObject(
  connection: Connection,
  key: string,
  { range, signal }: GetOptions,
): Promise<StoredObject | undefined> {
  const head = await headObject(connection, key, signal);
  if (head === undefined) return undefined;
  const { info, generation } = head;
  const { start, end } = cutRange(info.size, range);

  async function* parts(from: number, to: number, calls: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    throwIfAborted(calls);
    const file = await connection.file(key, generation);
    for (let position = from, failures = 0; position < to;) {
      const before = position;
      const stream = file.createReadStream({ start: position, end: to - 1, validation: false, decompress: false });
      const stop = () => stream.destroy(new Error("aborted"));
      calls?.addEventListener("abort", stop, { once: true });
      try {
        for await (const piece of stream) {
          const bytes = new Uint8Array(piece as Uint8Array).subarray(0, to - position);
          position += bytes.length;
          yield bytes;
          throwIfAborted(calls);
        }
        if (position === before)
          throw new ModelkeepError("io_error", `[gcs] The service gave no bytes of ${key}. Try again later`);
      } catch (error) {
        throwIfAborted(calls);
        if (classify(error).status === 404) throw await gone(connection, key, error);
        // It broke: the rest is asked for anew.
        failures = position > before ? 1 : failures + 1;
        if (failures > patience) throw explain(error, `read ${key}`, connection.settings.bucket);
      } finally {
        calls?.removeEventListener("abort", stop);
        stream.destroy();
      }
    }
  }

  return {
    info,
    async *stream({ signal: calls } = {}) {
      yield* parts(start, end, calls);
    },
    async readInto(target, { offset = 0, progress, signal: calls }: ReadIntoOptions = {}) {
      throwIfAborted(calls);
      const part = cutRange(end - start, { start: offset, end: offset + target.length });
      let filled = 0;
      for await (const piece of parts(start + part.start, start + part.end, calls)) {
        target.set(piece, filled);
        filled += piece.length;
        progress?.(filled);
      }
      return filled;
    },
  };
}

/** This generation is not there any more: the object was deleted or replaced. */
async function gone(connection: Connection, key: string, cause: unknown): Promise<ModelkeepError> {
  if ((await headObject(connection, key, undefined)) === undefined)
    return new ModelkeepError("not_found", `[gcs] ${key} was deleted since it was opened`, { cause });
  return new ModelkeepError("conflict", `[gcs] ${key} was replaced since it was opened: open it again`, { cause });
}
