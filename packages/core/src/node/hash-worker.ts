import { Worker } from "node:worker_threads";

import { type Digest, parseDigest } from "../digest.js";
import { ModelkeepError } from "../errors.js";

/**
 * What the worker runs. A text, not a module: it then starts the same from sources, from a build and from a bundle.
 * Two jobs: "pieces" hashes what the main thread puts in shared memory, whole and by chunks; "file" takes chunks of a
 * file in turn with other workers, each reading with one small buffer.
 */
const program = `
const { createHash } = require("node:crypto");
const { closeSync, openSync, readSync } = require("node:fs");
const { parentPort, workerData } = require("node:worker_threads");
const hex = (hash) => "sha256:" + hash.digest("hex");

function pieces({ memory, whole, chunkSize }) {
  const all = whole ? createHash("sha256") : undefined;
  const chunks = [];
  let chunk = createHash("sha256");
  let filled = 0;
  parentPort.on("message", ({ slot, start, length, end }) => {
    if (end) {
      if (filled > 0) chunks.push(hex(chunk));
      parentPort.postMessage({ whole: all && hex(all), chunks });
      return;
    }
    const bytes = new Uint8Array(memory, start, length);
    if (all) all.update(bytes);
    for (let at = 0; chunkSize > 0 && at < length; ) {
      const part = bytes.subarray(at, at + chunkSize - filled);
      chunk.update(part);
      at += part.length;
      filled += part.length;
      if (filled === chunkSize) {
        chunks.push(hex(chunk));
        chunk = createHash("sha256");
        filled = 0;
      }
    }
    parentPort.postMessage({ slot });
  });
}

function file({ path, offset, size, chunkSize, counter }) {
  const next = new Int32Array(counter);
  const buffer = new Uint8Array(Math.min(1 << 20, chunkSize));
  const descriptor = openSync(path, "r");
  try {
    for (;;) {
      const index = Atomics.add(next, 0, 1);
      const start = index * chunkSize;
      if (start >= size) break;
      const hash = createHash("sha256");
      const end = Math.min(start + chunkSize, size);
      for (let at = start; at < end; ) {
        const read = readSync(descriptor, buffer, 0, Math.min(buffer.length, end - at), offset + at);
        if (read === 0) throw new Error("The file ends at byte " + (offset + at));
        hash.update(buffer.subarray(0, read));
        at += read;
      }
      parentPort.postMessage({ index, digest: hex(hash), bytes: end - start });
    }
  } finally {
    closeSync(descriptor);
  }
  parentPort.postMessage({ done: true });
}

(workerData.job === "file" ? file : pieces)(workerData);
`;

export interface FileJob {
  readonly job: "file";
  readonly path: string;
  readonly offset: number;
  readonly size: number;
  readonly chunkSize: number;
  /** Where the workers of one file take the next chunk from. */
  readonly counter: SharedArrayBuffer;
}

export interface PiecesJob {
  readonly job: "pieces";
  readonly memory: SharedArrayBuffer;
  readonly whole: boolean;
  /** 0 for none. */
  readonly chunkSize: number;
}

/** Tells a thread something. */
export function tell(worker: Worker, message: object): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  worker.postMessage(message);
}

export function startHashWorker(job: FileJob | PiecesJob): Worker {
  // No flags of the process: a preload or an inspector is not for this thread.
  return new Worker(program, { eval: true, workerData: job, execArgv: [], env: {} });
}

/** How many threads hash, and who is told of each chunk. */
export interface ChunkDigestOptions {
  /** Threads. Default 2. */
  readonly workers?: number;
  readonly signal?: AbortSignal | undefined;
  /** Told the index, digest and size of each chunk, in any order. An error thrown here ends it. */
  readonly chunk?: (index: number, digest: Digest, bytes: number) => void;
}

/** The digests of the chunks of a part of a file, by several threads that read it in turn. */
export async function digestFileChunks(
  part: { readonly path: string; readonly offset: number; readonly size: number; readonly chunkSize: number },
  { workers = 2, signal, chunk }: ChunkDigestOptions = {},
): Promise<Digest[]> {
  const count = Math.ceil(part.size / part.chunkSize);
  const digests = Array.from<Digest>({ length: count });
  const counter = new SharedArrayBuffer(4);
  const threads = Array.from({ length: Math.min(workers, count) }, () =>
    startHashWorker({ job: "file", ...part, counter }),
  );
  const run = (worker: Worker) =>
    new Promise<void>((resolve, reject) => {
      const abort = () =>
        reject(new ModelkeepError("aborted", "The operation was aborted by its caller", { cause: signal?.reason }));
      if (signal?.aborted) abort();
      signal?.addEventListener("abort", abort, { once: true });
      worker.on("error", (cause) =>
        reject(new ModelkeepError("io_error", `${part.path} can't be read: ${cause.message}`, { cause })),
      );
      worker.on("exit", () => reject(new ModelkeepError("io_error", "A hashing thread ended early")));
      worker.on("message", (message: { done?: true; index: number; digest: string; bytes: number }) => {
        if (message.done) {
          signal?.removeEventListener("abort", abort);
          return resolve();
        }
        digests[message.index] = parseDigest(message.digest);
        try {
          chunk?.(message.index, digests[message.index]!, message.bytes);
        } catch (error) {
          reject(error);
        }
      });
    });
  try {
    await Promise.all(threads.map(run));
    return digests;
  } finally {
    await Promise.all(threads.map((worker) => worker.terminate()));
  }
}
