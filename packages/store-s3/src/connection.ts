import type * as Sdk from "@aws-sdk/client-s3";
import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { throwIfAborted } from "@modelkeep/core";
import { explain, type Place } from "./explain.js";
import type { Settings } from "./options.js";
import { withRetries, type RetryPolicy } from "./retry.js";

type Library = typeof Sdk;
export type SendOptions = { abortSignal?: AbortSignal };
/** One request, made anew for each try. */
export type Request<T> = (client: S3Client, sdk: Library, options: SendOptions) => Promise<T>;

/** The way to one bucket. The client is loaded and made with the first request. */
export interface Connection extends Place {
  readonly policy: RetryPolicy;
  /** A request has succeeded. So the bucket exists, and a bare "not found" is about the key. */
  readonly reached: boolean;
  /** One try; errors are the client's own. */
  once<T>(signal: AbortSignal | undefined, request: Request<T>): Promise<T>;
  /** Tries again while that may help; errors are explained, of one object by its whole key. For requests that may be done twice. */
  call<T>(doing: string, signal: AbortSignal | undefined, request: Request<T>, fullKey?: string): Promise<T>;
  close(): Promise<void>;
}

export function connect(settings: Settings): Connection {
  let opened: Promise<{ client: S3Client; sdk: Library }> | undefined;
  const open = async (): Promise<{ client: S3Client; sdk: Library }> => {
    const sdk = await import("@aws-sdk/client-s3");
    return { sdk, client: settings.client ?? new sdk.S3Client(clientConfig(settings)) };
  };
  let reached = false;
  const connection: Connection = {
    get reached() {
      return reached;
    },
    bucket: settings.bucket,
    service:
      settings.endpoint ?? (settings.client ? "the given client's service" : `AWS ${settings.region ?? ""}`.trim()),
    policy: settings.retries,
    async once(signal, request) {
      throwIfAborted(signal);
      const { client, sdk } = await (opened ??= open());
      try {
        const answer = await request(client, sdk, signal === undefined ? {} : { abortSignal: signal });
        if (answer !== undefined) reached = true;
        return answer;
      } catch (error) {
        throwIfAborted(signal);
        throw error;
      }
    },
    async call(doing, signal, request, fullKey) {
      try {
        return await withRetries(settings.retries, signal, () => connection.once(signal, request));
      } catch (error) {
        throw explain(error, doing, connection, fullKey);
      }
    },
    async close() {
      if (opened !== undefined && settings.client === undefined) (await opened).client.destroy();
    },
  };
  return connection;
}

function clientConfig({
  region,
  endpoint,
  forcePathStyle,
  credentials,
  concurrency,
  timeout,
}: Settings): S3ClientConfig {
  const environment = process.env;
  const custom = endpoint ?? environment["AWS_ENDPOINT_URL_S3"] ?? environment["AWS_ENDPOINT_URL"];
  const where = region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? (custom && "us-east-1");
  return {
    ...(where === undefined ? {} : { region: where }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    forcePathStyle: forcePathStyle ?? custom !== undefined,
    followRegionRedirects: true,
    // Older and compatible services refuse the newer checksum headers. A body's SHA-256 is part of the request's
    // signature, and every payload has a digest of its own.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    // What may be repeated is decided here: a conditional put that is repeated blindly meets its own first try.
    maxAttempts: 1,
    // A connection would be given up after each request that expects "100 Continue".
    expectContinueHeader: false,
    // What goes wrong is told by errors, not on the console.
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    requestHandler: {
      connectionTimeout: Math.min(timeout, 10_000),
      socketTimeout: timeout,
      httpAgent: { maxSockets: Math.max(50, concurrency * 4) },
      httpsAgent: { maxSockets: Math.max(50, concurrency * 4) },
    },
  };
}

function silent(): void {}
