import { checkKey, ModelkeepError } from "@modelkeep/core";
import type { StorageOptions } from "@google-cloud/storage";

/** Which bucket, and how it is reached. */
export interface GcsStoreOptions {
  readonly bucket: string;
  /** Where in the bucket everything lies. */
  readonly prefix?: string | undefined;
  /** For emulators and private endpoints. */
  readonly endpoint?: string | undefined;
  /** From this size on a body is sent as a resumable upload, in chunks of so many bytes: whole multiples of 256 KiB. Default 8 MiB. */
  readonly chunkSize?: number | undefined;
  /** After so many milliseconds of silence a request counts as lost. Default 60,000. */
  readonly timeout?: number | undefined;
  /** More for the client: `projectId`, `keyFilename`, `credentials` … Default: the credentials of the machine. */
  readonly client?: StorageOptions | undefined;
}

export interface Settings extends GcsStoreOptions {
  /** The prefix with its "/", or nothing. */
  readonly root: string;
  readonly chunkSize: number;
  readonly timeout: number;
}

export function readOptions(options: GcsStoreOptions): Settings {
  const { bucket, prefix = "", chunkSize = 8 << 20, timeout = 60_000 } = options;
  if (!/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/u.test(bucket))
    throw new ModelkeepError("invalid_input", `[gcs] ${JSON.stringify(bucket)} is no name of a bucket`);
  if (chunkSize % (256 << 10) !== 0 || chunkSize <= 0) throw new TypeError("chunkSize is a multiple of 256 KiB");
  if (prefix !== "") checkKey(prefix);
  return { ...options, root: prefix === "" ? "" : `${prefix}/`, chunkSize, timeout };
}

/** `gs://BUCKET/PREFIX?endpoint=…` */
export function parseGcsUrl(text: string): GcsStoreOptions {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new ModelkeepError("invalid_input", `[gcs] ${JSON.stringify(text)} is no URL: gs://BUCKET/PREFIX`, { cause });
  }
  const unknown = [...url.searchParams.keys()].find((name) => name !== "endpoint");
  if (unknown !== undefined || url.username !== "" || url.password !== "")
    throw new ModelkeepError("invalid_input", "[gcs] A URL is gs://BUCKET/PREFIX, with ?endpoint=… and nothing else");
  const prefix = url.pathname
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent)
    .join("/");
  const endpoint = url.searchParams.get("endpoint");
  return { bucket: url.hostname, ...(prefix !== "" && { prefix }), ...(endpoint !== null && { endpoint }) };
}
