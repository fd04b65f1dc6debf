import { randomUUID } from "node:crypto";

import { ModelkeepError, throwIfAborted } from "@modelkeep/core";

import type { Connection } from "./connection.js";
import { headersOf, type Write } from "./write.js";

const mostBlocks = 50_000;

/** Sends a body as blocks, side by side, and joins them. Blocks that are never joined are removed by the service after a week. */
export class BlockSender {
  readonly #connection: Connection;
  readonly #write: Write;
  readonly #done: (part: Uint8Array) => void;
  /** All ids of an object's blocks have one length; those of another writer must be others. */
  readonly #name = randomUUID().slice(0, 18);
  readonly #blocks: string[] = [];

  constructor(connection: Connection, write: Write, done: (part: Uint8Array) => void) {
    this.#connection = connection;
    this.#write = write;
    this.#done = done;
  }

  /** Gives how many bytes there were. */
  async send(body: AsyncIterable<Uint8Array>): Promise<number> {
    const { key, signal } = this.#write;
    const blob = await this.#connection.blob(key);
    const failed = new AbortController();
    const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
    const underWay = new Set<Promise<void>>();
    let failure: { readonly error: unknown } | undefined;
    let size = 0;
    const fail = (error: unknown) => {
      failure ??= { error };
      failed.abort();
    };
    const stage = async (part: Uint8Array, id: string): Promise<void> => {
      try {
        await this.#connection.call(`write ${key}`, either, (calls) => blob.stageBlock(id, part, part.length, calls));
        this.#done(part);
      } catch (error) {
        fail(error);
      }
    };
    try {
      for await (const part of body) {
        if (failure !== undefined) break;
        if (this.#blocks.length === mostBlocks)
          throw new ModelkeepError(
            "limit_exceeded",
            `[azure] ${key} has more than ${mostBlocks} blocks. Say the size with put, or choose a larger blockSize`,
          );
        const id = Buffer.from(`${this.#name}${String(this.#blocks.length).padStart(6, "0")}`).toString("base64");
        this.#blocks.push(id);
        size += part.length;
        const sending = stage(part, id).finally(() => underWay.delete(sending));
        underWay.add(sending);
        if (underWay.size >= this.#connection.settings.concurrency) await Promise.race(underWay);
      }
    } catch (error) {
      fail(error);
    }
    await Promise.all(underWay);
    throwIfAborted(signal);
    if (failure !== undefined) throw failure.error;
    return size;
  }

  async commit(): Promise<{ readonly lastModified?: Date }> {
    const blob = await this.#connection.blob(this.#write.key);
    return this.#connection.once(this.#write.signal, (calls) =>
      blob.commitBlockList(this.#blocks, { ...calls, ...headersOf(this.#write) }),
    );
  }
}
