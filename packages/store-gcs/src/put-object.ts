import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import {
  alreadyExists,
  cutIntoParts,
  ModelkeepError,
  type Body,
  type ObjectInfo,
  type PutOptions,
  throwIfAborted,
  unknownOutcome,
} from "@modelkeep/core";

import type { Connection } from "./connection.js";
import { classify, explain, silence } from "./failure.js";
import { describe, headObject, putToken } from "./head-object.js";

const turns = 5;

/**
 * Small bodies in one request, larger ones as a resumable upload; nothing is visible before its end. Brings every put to a known
 * outcome: the client tries again what got no answer, and a condition then meets its own first try, so when something is in
 * the way the token in the object tells whose it is.
 */
export async function putObject(
  connection: Connection,
  key: string,
  body: Body,
  { if: condition, size, signal }: PutOptions,
): Promise<ObjectInfo> {
  const { chunkSize, bucket } = connection.settings;
  const parts = cutIntoParts(body, chunkSize, { size, signal });
  const token = randomUUID();
  const ifAbsent = condition === "absent";
  for (let turn = 1; ; turn++) {
    const reader = parts.open();
    try {
      const first = (await reader.next()).value ?? new Uint8Array(0);
      const second = first.length < chunkSize ? undefined : (await reader.next()).value;
      return await send(connection, key, {
        token,
        ifAbsent,
        signal,
        chunks: second === undefined ? first : chain([first, second], reader),
      });
    } catch (error) {
      throwIfAborted(signal);
      const failure = classify(error);
      const refused = ifAbsent && failure.status === 412;
      // An upload that was completed without an answer is not there any more for whoever asks how far it is, and one of which the
      // service has less than the client remembers must be begun anew.
      const ended = failure.status === 404 || failure.status === 410 || error instanceof RangeError;
      if (!refused && !ended && !failure.uncertain) throw explain(error, `write ${key}`, bucket);
      const found = await headObject(connection, key, signal).catch((second: unknown) => {
        throw failure.uncertain ? unknown(key, error) : second;
      });
      if (found?.token === token) return found.info;
      if (found !== undefined && ifAbsent) throw alreadyExists("gcs", key, error);
      if (turn === turns) throw failure.uncertain ? unknown(key, error) : explain(error, `write ${key}`, bucket);
    } finally {
      await reader.return();
    }
  }
}

function unknown(key: string, cause: unknown): ModelkeepError {
  return unknownOutcome("gcs", key, "the service did not say", cause);
}

interface Sending {
  readonly token: string;
  readonly ifAbsent: boolean;
  readonly signal: AbortSignal | undefined;
  readonly chunks: Uint8Array | AsyncIterable<Uint8Array>;
}

async function send(
  connection: Connection,
  key: string,
  { token, ifAbsent, signal, chunks }: Sending,
): Promise<ObjectInfo> {
  const file = await connection.file(key);
  const whole = chunks instanceof Uint8Array;
  const upload = file.createWriteStream({
    resumable: !whole,
    ...(!whole && { chunkSize: connection.settings.chunkSize }),
    // Every payload has a digest of its own, and the service checks what it gets by TLS.
    validation: false,
    contentType: "application/octet-stream",
    metadata: { metadata: { [putToken]: token } },
    ...(ifAbsent && { preconditionOpts: { ifGenerationMatch: 0 } }),
  });
  const { timeout } = connection.settings;
  const lost = new AbortController();
  // Runs while the service has something to take or to answer, not while the body is waited for.
  let stalled: NodeJS.Timeout | undefined;
  let sent = 0;
  const wait = () => (stalled = setTimeout(() => lost.abort(), timeout));
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const chunk of whole ? [chunks] : chunks) {
      wait();
      sent += chunk.length;
      // The client may hold a chunk for longer than the body's owner lets it be.
      yield whole ? chunk : chunk.slice();
      clearTimeout(stalled);
    }
    wait();
  }
  try {
    const calls = signal === undefined ? lost.signal : AbortSignal.any([signal, lost.signal]);
    await pipeline(Readable.from(watched(), { objectMode: false }), upload, { signal: calls });
  } catch (error) {
    throw lost.signal.aborted ? silence(timeout) : error;
  } finally {
    clearTimeout(stalled);
  }
  const { info } = describe(key, file.metadata);
  if (info.size !== sent && info.modified.getTime() > 0)
    throw new ModelkeepError("io_error", `[gcs] The service has ${info.size} of ${sent} bytes of ${key}: put it again`);
  if (info.modified.getTime() > 0) return info;
  const found = await headObject(connection, key, signal);
  if (found !== undefined) return found.info;
  throw new ModelkeepError("not_found", `[gcs] ${key} was deleted by someone else as soon as it was written`);
}

async function* chain(
  first: readonly (Uint8Array | undefined)[],
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const part of first) if (part !== undefined) yield part;
  yield* rest;
}
