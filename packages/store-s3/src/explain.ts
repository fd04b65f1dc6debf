import { isModelkeepError, ModelkeepError, type ErrorCode } from "@modelkeep/core";
import { classify, isInTheWay } from "./failure.js";

export interface Place {
  readonly bucket: string;
  /** Where requests go, for messages. */
  readonly service: string;
}

/** The error that a caller sees: what is wrong, where, and what to do. */
export function explain(error: unknown, doing: string, { bucket, service }: Place, key?: string): ModelkeepError {
  if (isModelkeepError(error)) return error;
  const failure = classify(error);
  const { code, status, transient } = failure;
  const make = (kind: ErrorCode, what: string): ModelkeepError =>
    new ModelkeepError(kind, `[s3] Could not ${doing} in bucket ${bucket} at ${service}: ${what}`, {
      cause: error,
      details: { bucket, service, reason: code, ...(status === undefined ? {} : { status }) },
    });
  switch (code) {
    case "NoSuchBucket":
      return make("not_found", "there is no such bucket. Create it, or correct the bucket, region or endpoint");
    case "NoSuchUpload":
      return make("io_error", "the upload was ended by someone else, such as a lifecycle rule. Try again");
    case "InvalidAccessKeyId":
    case "XAdminUserNotFound":
      return make("refused", "the service does not know the access key. Check AWS_ACCESS_KEY_ID or the profile");
    case "SignatureDoesNotMatch":
      return make("refused", "the secret key does not belong to the access key. Check AWS_SECRET_ACCESS_KEY");
    case "ExpiredToken":
    case "ExpiredTokenException":
    case "TokenRefreshRequired":
      return make("refused", "the credentials have expired. Sign in again, for instance with `aws sso login`");
    case "RequestTimeTooSkewed":
      return make("refused", "this machine's clock is off by more than the service accepts. Set the clock");
    case "CredentialsProviderError":
      return make(
        "refused",
        "no credentials were found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile",
      );
    case "PermanentRedirect":
    case "AuthorizationHeaderMalformed":
    case "IllegalLocationConstraintException":
      return make("invalid_input", `the bucket lies in another region. Set region${regionOf(error)}`);
    case "InvalidObjectState":
      return make(
        "archived",
        `the object lies in an archive storage class. Restore it first (s3:RestoreObject)${key === undefined ? "" : `: ${restoreCommand(bucket, key)}`}`,
      );
    case "InvalidStorageClass":
      return make("unsupported", "the service does not have this storage class");
    case "KMS.NotFoundException":
    case "KMS.DisabledException":
      return make("refused", "the KMS key does not exist or is disabled. Check serverSideEncryption");
    case "EntityTooLarge":
      return make("limit_exceeded", "the service does not take an object of this size in one request");
    case "KeyTooLongError":
      return make("invalid_key", "prefix and key together are longer than the 1,024 bytes that S3 allows");
    case "ENOTFOUND":
      return make("io_error", "the host name is not known. Check endpoint and region, and the network");
  }
  if (isInTheWay(failure))
    return make(
      "invalid_key",
      "the service keeps keys as files and folders, and one that is there is in the way of this",
    );
  if (error instanceof Error && error.message.startsWith("Region is missing"))
    return make("invalid_input", "no region is known. Set region, AWS_REGION or a profile");
  if (status === 401 || status === 403)
    return make(
      "refused",
      `access was denied (${code}). Check what the credentials may do; the README of @modelkeep/store-s3 has a policy for each role. ` +
        "S3 also denies reading a key that does not exist to whoever lacks s3:ListBucket",
    );
  if (status === 501) return make("unsupported", `the service does not implement it (${code})`);
  const message = error instanceof Error && error.message !== "UnknownError" ? `: ${error.message}` : "";
  return make("io_error", `${code}${message}${transient ? ". It was tried several times; try again later" : ""}`);
}

/** What brings an object back for a week; how long it takes depends on its class and the tier: minutes to two days. */
function restoreCommand(bucket: string, key: string): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  return `aws s3api restore-object --bucket ${quoted(bucket)} --key ${quoted(key)} --restore-request 'Days=7,GlacierJobParameters={Tier=Standard}'`;
}

function regionOf(error: unknown): string {
  const region = (error as { Region?: unknown }).Region;
  return typeof region === "string" && /^[a-z0-9-]{1,40}$/.test(region) ? ` to ${region}` : "";
}
