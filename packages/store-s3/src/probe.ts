import { ModelkeepError } from "@modelkeep/core";
import type { Connection } from "./connection.js";
import { explain } from "./explain.js";
import { classify } from "./failure.js";
import { withRetries } from "./retry.js";

/** An object that stays, so that the next process learns with one request what this one needed two for. Listings hide it. */
export const probeKey = ".modelkeep-conditional-put";

const content = new TextEncoder().encode(
  "Modelkeep tries here whether this service honours conditional writes. It may be deleted.\n",
);

/** Whether a service keeps `If-None-Match: *`; some accept the header and ignore it. Each answer is found once. */
export interface Probe {
  /** Throws `unsupported` where conditional puts overwrite. */
  requireConditionalPut(signal: AbortSignal | undefined): Promise<void>;
  /** Whether the end of a multipart upload can be conditional too. */
  conditionalMultipart(signal: AbortSignal | undefined): Promise<boolean>;
}

export function createProbe(connection: Connection, root: string): Probe {
  const target = { Bucket: connection.bucket, Key: root + probeKey };
  const { policy } = connection;

  /** Whether the service refused to write over what is there. */
  const refuses = async (signal: AbortSignal | undefined, write: () => Promise<unknown>): Promise<boolean> => {
    try {
      await withRetries(policy, signal, write);
      return false;
    } catch (error) {
      const { status } = classify(error);
      if (status === 412) return true;
      // Not implemented, or an unknown header: as good as ignored, and said so by the service.
      if (status === 501 || status === 400) return false;
      throw explain(error, "try whether conditional puts work", connection);
    }
  };
  const putTwice = async (signal: AbortSignal | undefined): Promise<boolean> => {
    const put = (): Promise<unknown> =>
      connection.once(signal, (client, sdk, options) =>
        client.send(new sdk.PutObjectCommand({ ...target, Body: content, IfNoneMatch: "*" }), options),
      );
    // The first may write; whoever wrote it, the second must be refused.
    return (await refuses(signal, put)) || refuses(signal, put);
  };
  const completeOver = async (signal: AbortSignal | undefined): Promise<boolean> => {
    const doing = "try whether conditional multipart uploads work";
    const { UploadId } = await connection.call(doing, signal, (client, sdk, options) =>
      client.send(new sdk.CreateMultipartUploadCommand(target), options),
    );
    const part = { ...target, UploadId, PartNumber: 1 };
    try {
      const { ETag } = await connection.call(doing, signal, (client, sdk, options) =>
        client.send(new sdk.UploadPartCommand({ ...part, Body: content }), options),
      );
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      return await refuses(signal, () =>
        connection.once(signal, (client, sdk, options) =>
          client.send(
            new sdk.CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload, IfNoneMatch: "*" }),
            options,
          ),
        ),
      );
    } finally {
      await connection
        .once(undefined, (client, sdk) => client.send(new sdk.AbortMultipartUploadCommand({ ...target, UploadId })))
        .catch(() => undefined);
    }
  };

  const put = remembered(putTwice);
  const multipart = remembered(completeOver);
  return {
    async requireConditionalPut(signal) {
      if (await put(signal)) return;
      throw new ModelkeepError(
        "unsupported",
        `[s3] ${connection.service} ignores the condition of a conditional put (If-None-Match: *), so two writers would overwrite ` +
          "each other unseen, and no registry can be kept there. Upgrade the service, or use another store for the log",
        { details: { service: connection.service } },
      );
    },
    async conditionalMultipart(signal) {
      await this.requireConditionalPut(signal);
      return multipart(signal);
    },
  };
}

/** Asks once and keeps the answer; a failure is forgotten, and so is a question whose asker gave up. */
function remembered(ask: (signal: AbortSignal | undefined) => Promise<boolean>): typeof ask {
  let answer: boolean | undefined;
  let asking: Promise<boolean> | undefined;
  return async (signal) => {
    if (answer !== undefined) return answer;
    // Callers share the question, but not the signal of the one that asked first.
    asking ??= ask(undefined).finally(() => (asking = undefined));
    answer = await untilAborted(asking, signal);
    return answer;
  };
}

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => {
      reject(new ModelkeepError("aborted", "The operation was aborted by its caller", { cause: signal.reason }));
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
