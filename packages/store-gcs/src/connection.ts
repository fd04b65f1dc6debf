import { loadPackage, ModelkeepError, throwIfAborted } from "@modelkeep/core";
import type { Bucket, File } from "@google-cloud/storage";

import { explain } from "./failure.js";
import type { Settings } from "./options.js";

/** The way to one bucket. The client is loaded and made with the first request; it tries again by itself. */
export class Connection {
  readonly settings: Settings;
  #bucket: Promise<Bucket> | undefined;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  bucket(): Promise<Bucket> {
    return (this.#bucket ??= this.#open().catch((error: unknown) => {
      this.#bucket = undefined;
      throw error;
    }));
  }

  async file(key: string, generation?: string | number): Promise<File> {
    return (await this.bucket()).file(this.settings.root + key, generation === undefined ? {} : { generation });
  }

  /** Waits for a request as long as the caller does; errors are explained. */
  async call<T>(doing: string, signal: AbortSignal | undefined, request: () => Promise<T>): Promise<T> {
    throwIfAborted(signal);
    try {
      return await untilAborted(request(), signal);
    } catch (error) {
      throwIfAborted(signal);
      throw explain(error, doing, this.settings.bucket);
    }
  }

  async #open(): Promise<Bucket> {
    const { IdempotencyStrategy, Storage } = await loadPackage(
      "gcs",
      "@google-cloud/storage",
      () => import("@google-cloud/storage"),
      { install: "@google-cloud/storage@7" },
    );
    const { bucket, endpoint, client, timeout } = this.settings;
    const storage = new Storage({
      ...(endpoint !== undefined && { apiEndpoint: endpoint, projectId: "modelkeep" }),
      timeout,
      ...client,
      // Whatever the store asks for may be done twice: a put knows its own by its token.
      retryOptions: {
        autoRetry: true,
        maxRetries: 5,
        idempotencyStrategy: IdempotencyStrategy.RetryAlways,
        ...client?.retryOptions,
      },
    });
    return storage.bucket(bucket);
  }
}

/** The client knows no signals: whoever gives up does not wait for what it still does. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  work.catch(() => undefined);
  let stop: (() => void) | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        stop = () => reject(new ModelkeepError("aborted", "The operation was aborted by its caller"));
        signal.addEventListener("abort", stop, { once: true });
      }),
    ]);
  } finally {
    if (stop !== undefined) signal.removeEventListener("abort", stop);
  }
}
