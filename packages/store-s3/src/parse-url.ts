import { invalid, type S3StoreOptions, type ServerSideEncryption } from "./options.js";

const parameters = ["endpoint", "region", "pathStyle", "sse", "kmsKey"] as const;

/**
 * The options that `s3://bucket/prefix?endpoint=…&region=…&pathStyle=true&sse=AES256` stands for (`sse=kms&kmsKey=…`
 * for KMS). A URL never carries credentials: it ends up in logs and configuration files.
 */
export function parseS3Url(text: string): S3StoreOptions {
  const match = /^s3:\/\/([^/?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(text);
  if (match === null) throw invalid(`${JSON.stringify(shown(text))} is not of the form s3://bucket/prefix?endpoint=…`);
  const [, bucket = "", path = "", query = ""] = match;
  if (bucket.includes("@"))
    throw invalid(
      "Credentials do not belong into a URL: give them by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role",
    );
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!parameters.some((known) => known === name))
      throw invalid(`An s3:// URL has no parameter ${JSON.stringify(name)}; it knows ${parameters.join(", ")}`);
    if (values.has(name)) throw invalid(`The parameter ${name} is given twice`);
    values.set(name, value);
  }
  const [endpoint, region, pathStyle] = [values.get("endpoint"), values.get("region"), values.get("pathStyle")];
  if (pathStyle !== undefined && pathStyle !== "true" && pathStyle !== "false")
    throw invalid(`pathStyle is true or false, not ${JSON.stringify(pathStyle)}`);
  const encryption = readEncryption(values.get("sse"), values.get("kmsKey"));
  const prefix = decodePath(path);
  return {
    bucket,
    ...(prefix === "" ? {} : { prefix }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(pathStyle === undefined ? {} : { forcePathStyle: pathStyle === "true" }),
    ...(encryption === undefined ? {} : { serverSideEncryption: encryption }),
  };
}

function readEncryption(kind: string | undefined, key: string | undefined): ServerSideEncryption | undefined {
  if (kind !== undefined && kind !== "AES256" && kind !== "kms")
    throw invalid(`sse is AES256 or kms, not ${JSON.stringify(kind)}`);
  if (key !== undefined && kind !== "kms") throw invalid("kmsKey goes with sse=kms");
  return kind === "kms" ? { kms: key ?? true } : kind;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw invalid(
      `The prefix ${JSON.stringify(path)} has a "%" that begins no escape; write it as %25 (${String(cause)})`,
    );
  }
}

/** What may be repeated in a message: nothing that stands before an "@". */
function shown(text: string): string {
  return text.replace(/\/\/[^/]*@/, "//…@").slice(0, 200);
}
