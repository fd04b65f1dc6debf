import { randomUUID } from "node:crypto";

import {
  alreadyExists,
  backOff,
  cutIntoParts,
  ModelkeepError,
  type Body,
  type ObjectInfo,
  type PutOptions,
  unknownOutcome,
} from "@modelkeep/core";

import type { Connection } from "./connection.js";
import { classify, explain, isTaken } from "./failure.js";
import { headObject } from "./head-object.js";
import { BlockSender } from "./send-blocks.js";
import { headersOf, type Write } from "./write.js";

/** https://learn.microsoft.com/azure/storage/blobs/scalability-targets */
const mostBlocks = 50_000;
const turns = 12;
const delays = { firstDelay: 40, longestDelay: 2000 };

/** Thrown when a write must be begun again from its first request. */
class StartOver extends Error {}

/** Small bodies in one request, large ones in blocks; nothing is visible before the last request has succeeded. */
export async function putObject(
  connection: Connection,
  key: string,
  body: Body,
  { if: condition, size, signal }: PutOptions,
): Promise<ObjectInfo> {
  const blockSize = Math.max(connection.settings.blockSize, Math.ceil((size ?? 0) / mostBlocks));
  const parts = cutIntoParts(body, blockSize, { size, signal });
  const write: Write = { key, token: randomUUID(), ifAbsent: condition === "absent", signal };
  for (let turn = 1; ; turn++) {
    const reader = parts.open();
    try {
      const first = (await reader.next()).value ?? new Uint8Array(0);
      const second = first.length < blockSize ? undefined : (await reader.next()).value;
      if (second === undefined) return await putWhole(connection, write, first);
      const sender = new BlockSender(connection, write, (part) => parts.giveBack(part));
      const written = await sender.send(chain([first, second], reader));
      return await settle(connection, write, written, () => sender.commit());
    } catch (error) {
      if (!(error instanceof StartOver)) throw error;
      if (turn === turns) throw lastError(write, error.cause);
      // Whoever was thrown back waits a little, more each time: then writers do not keep throwing each other back.
      await backOff(delays, turn, signal);
    } finally {
      await reader.return();
    }
  }
}

async function putWhole(connection: Connection, write: Write, body: Uint8Array): Promise<ObjectInfo> {
  const blob = await connection.blob(write.key);
  return settle(connection, write, body.length, () =>
    connection.once(write.signal, (calls) => blob.upload(body, body.length, { ...calls, ...headersOf(write) })),
  );
}

/**
 * Brings a write to a known outcome. The client tries a request again that got no answer, and a condition then meets its
 * own first try: so whenever something is in the way, or nothing was answered, the token in the object tells whose it is.
 */
async function settle(
  connection: Connection,
  write: Write,
  size: number,
  send: () => Promise<{ readonly lastModified?: Date }>,
): Promise<ObjectInfo> {
  const { key, token, ifAbsent, signal } = write;
  try {
    const { lastModified } = await send();
    if (lastModified !== undefined) return { key, size, modified: lastModified };
  } catch (error) {
    const failure = classify(error);
    // Another writer's commit has thrown these blocks away.
    const thrownAway = failure.code === "InvalidBlockList" || failure.code === "InvalidBlobOrBlock";
    if (!thrownAway && !failure.uncertain && !(ifAbsent && isTaken(failure)))
      throw explain(error, `write ${key}`, connection.where);
    const found = await headObject(connection, key, signal).catch((second: unknown) => {
      throw failure.uncertain ? unknown(key, error) : second;
    });
    if (found?.token === token) return found.info;
    if (found !== undefined && ifAbsent) throw alreadyExists("azure", key, error);
    throw new StartOver(failure.code, { cause: error });
  }
  const found = await headObject(connection, key, signal);
  if (found !== undefined) return found.info;
  throw new ModelkeepError("not_found", `[azure] ${key} was deleted by someone else as soon as it was written`);
}

function lastError({ key }: Write, cause: unknown): ModelkeepError {
  if (classify(cause).uncertain) return unknown(key, cause);
  return new ModelkeepError("conflict", `[azure] ${key} is written by others all the time. Try again later`, { cause });
}

function unknown(key: string, cause: unknown): ModelkeepError {
  return unknownOutcome("azure", key, "the service did not say", cause);
}

async function* chain(
  first: readonly Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* first;
  yield* rest;
}
