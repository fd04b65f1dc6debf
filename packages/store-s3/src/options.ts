import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { checkKey, ModelkeepError } from "@modelkeep/core";

/** `"AES256"` is SSE-S3; `kms` names a key of AWS KMS by id, alias or ARN, `true` the account's own key for S3. */
export type ServerSideEncryption = "AES256" | { readonly kms: string | true };

/** Which bucket, and how it is reached. */
export interface S3StoreOptions {
  readonly bucket: string;
  /** Everything lies under it: `team/models` keeps the key `a` as `team/models/a`. Default: the whole bucket. */
  readonly prefix?: string | undefined;
  /** Default: the environment and the AWS configuration files; `us-east-1` when there is an endpoint and nothing else. */
  readonly region?: string | undefined;
  /** URL of a compatible service. Default: AWS, or what `AWS_ENDPOINT_URL_S3` says. */
  readonly endpoint?: string | undefined;
  /** `https://host/bucket/key` instead of `https://bucket.host/key`. Default: true when there is an endpoint. */
  readonly forcePathStyle?: boolean | undefined;
  /** Default: the usual chain: environment, configuration files, SSO, web identity, container, instance. */
  readonly credentials?: NonNullable<S3ClientConfig["credentials"]> | undefined;
  /** Default: what the bucket does by itself. */
  readonly serverSideEncryption?: ServerSideEncryption | undefined;
  /** Storage classes that `put` accepts, beside STANDARD, which is what it gives without one. Default: those of AWS; a compatible service may have names of its own. */
  readonly storageClasses?: readonly string[] | undefined;
  /** A client of the caller's, who also destroys it. Region, endpoint, path style, credentials and timeout are then its own. */
  readonly client?: S3Client | undefined;
  /** Bytes of a part of a large body, and of one request of a large read. Default 8 MiB; S3 takes no less than 5 MiB. */
  readonly partSize?: number | undefined;
  /** Requests side by side for one large body or read. Memory for a put is at most `partSize × (concurrency + 2)`. Default 4. */
  readonly concurrency?: number | undefined;
  /** How often one request is tried, and the milliseconds before the second try, doubled each time. Default 6, 100, 10,000. */
  readonly retries?:
    | { readonly attempts?: number; readonly firstDelay?: number; readonly longestDelay?: number }
    | undefined;
  /** Milliseconds of silence after which a connection counts as lost. Default 60,000. */
  readonly timeout?: number | undefined;
}

/** Options with their defaults, checked. */
export interface Settings extends S3StoreOptions {
  /** "" or ending in "/". */
  readonly root: string;
  readonly partSize: number;
  readonly concurrency: number;
  readonly retries: { readonly attempts: number; readonly firstDelay: number; readonly longestDelay: number };
  readonly timeout: number;
  readonly storageClasses: readonly string[];
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html: those that can be written at once. */
const awsStorageClasses = [
  "STANDARD",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER_IR",
  "GLACIER",
  "DEEP_ARCHIVE",
] as const;

export function readOptions(options: S3StoreOptions): Settings {
  const {
    bucket,
    prefix = "",
    endpoint,
    partSize = 8 << 20,
    concurrency = 4,
    retries = {},
    timeout = 60_000,
  } = options;
  if (typeof bucket !== "string" || !/^(?:[a-zA-Z0-9][a-zA-Z0-9._-]{1,254}|arn:[^/\s]+(?:\/[^/\s]+)*)$/.test(bucket))
    throw invalid(`${JSON.stringify(bucket)} is no name of a bucket; a folder within one is given as prefix`);
  if (endpoint !== undefined && (!/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint)))
    throw invalid(`The endpoint ${JSON.stringify(endpoint)} is no URL that begins with https:// or http://`);
  const folder = prefix.replace(/\/$/, "");
  if (folder !== "") checkKey(folder);
  const { attempts = 6, firstDelay = 100, longestDelay = 10_000 } = retries;
  for (const [name, value, least] of [
    ["partSize", partSize, 1],
    ["concurrency", concurrency, 1],
    ["retries.attempts", attempts, 1],
    ["timeout", timeout, 1],
  ] as const)
    if (!Number.isSafeInteger(value) || value < least)
      throw new TypeError(`${name} is a whole number from ${least}, not ${value}`);
  return {
    ...options,
    root: folder === "" ? "" : `${folder}/`,
    partSize,
    concurrency,
    retries: { attempts, firstDelay, longestDelay },
    timeout,
    storageClasses: [...new Set(["STANDARD", ...(options.storageClasses ?? awsStorageClasses)])],
  };
}

export function invalid(message: string): ModelkeepError {
  return new ModelkeepError("invalid_input", `[s3] ${message}`);
}
