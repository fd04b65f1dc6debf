import { createHash } from "node:crypto";

/** An answer of S3, before it becomes HTTP. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

export interface StoredFake {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly modified: Date;
  readonly headers: Readonly<Record<string, string>>;
}

interface Upload {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, { readonly bytes: Uint8Array; readonly etag: string }>;
}

/** Which conditions of writes a service honours. Some accept the header and ignore it. */
export interface Conditions {
  put: boolean;
  multipart: boolean;
}

/** One bucket: what S3 does with objects, as far as the store asks. */
export class FakeBucket {
  readonly objects = new Map<string, StoredFake>();
  readonly uploads = new Map<string, Upload>();
  /** Keys of archived objects that can be read, as after s3:RestoreObject. */
  readonly restored = new Set<string>();
  readonly honours: Conditions = { put: true, multipart: true };
  /** Keys of one page of a listing. */
  pageSize = 1000;
  private count = 0;

  put(key: string, bytes: Uint8Array, headers: Record<string, string>): Answer {
    if (headers["if-none-match"] === "*" && this.honours.put && this.objects.has(key)) return preconditionFailed();
    return { status: 200, headers: { etag: this.store(key, bytes, headers) } };
  }

  read(key: string, headers: Record<string, string>, withBody: boolean): Answer {
    const object = this.objects.get(key);
    if (object === undefined) return failure(404, "NoSuchKey", withBody);
    if (headers["if-match"] !== undefined && headers["if-match"] !== object.etag) return preconditionFailed();
    const frozen = ["GLACIER", "DEEP_ARCHIVE"].includes(object.headers["x-amz-storage-class"] ?? "");
    if (withBody && frozen && !this.restored.has(key)) return failure(403, "InvalidObjectState");
    const { bytes } = object;
    const found = {
      ...object.headers,
      etag: object.etag,
      "last-modified": object.modified.toUTCString(),
      "accept-ranges": "bytes",
    };
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers["range"] ?? "");
    if (range === null || !withBody)
      return {
        status: 200,
        headers: { ...found, "content-length": String(bytes.length) },
        ...(withBody ? { body: bytes } : {}),
      };
    const [start, end] = [Number(range[1]), Math.min(Number(range[2]) + 1, bytes.length)];
    if (start >= bytes.length) return failure(416, "InvalidRange");
    return {
      status: 206,
      headers: { ...found, "content-range": `bytes ${start}-${end - 1}/${bytes.length}` },
      body: bytes.slice(start, end),
    };
  }

  delete(key: string): Answer {
    this.objects.delete(key);
    return { status: 204 };
  }

  begin(key: string, headers: Record<string, string>): Answer {
    const id = `upload-${++this.count}`;
    this.uploads.set(id, { key, headers: kept(headers), parts: new Map() });
    return xml(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
  }

  part(id: string, number: number, bytes: Uint8Array): Answer {
    const etag = etagOf(bytes);
    const upload = this.uploads.get(id);
    if (upload === undefined) return failure(404, "NoSuchUpload");
    upload.parts.set(number, { bytes, etag });
    return { status: 200, headers: { etag } };
  }

  complete(id: string, document: string, headers: Record<string, string>): Answer {
    const upload = this.uploads.get(id);
    if (upload === undefined) return failure(404, "NoSuchUpload");
    if (headers["if-none-match"] === "*" && this.honours.multipart && this.objects.has(upload.key))
      return preconditionFailed();
    const chosen: Uint8Array[] = [];
    for (const [, part = ""] of document.matchAll(/<Part>(.*?)<\/Part>/gs)) {
      const found = upload.parts.get(Number(/<PartNumber>(\d+)</.exec(part)?.[1]));
      const etag = /<ETag>(.*?)</.exec(part)?.[1]?.replaceAll("&quot;", '"');
      if (found === undefined || found.etag !== etag) return failure(400, "InvalidPart");
      chosen.push(found.bytes);
    }
    this.uploads.delete(id);
    const etag = this.store(upload.key, Buffer.concat(chosen), upload.headers);
    return xml(
      `<CompleteMultipartUploadResult><ETag>${etag.replaceAll('"', "&quot;")}</ETag></CompleteMultipartUploadResult>`,
    );
  }

  abort(id: string): Answer {
    return this.uploads.delete(id) ? { status: 204 } : failure(404, "NoSuchUpload");
  }

  list(query: URLSearchParams): Answer {
    const [prefix, delimiter] = [query.get("prefix") ?? "", query.get("delimiter") ?? ""];
    const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
    const encode = query.get("encoding-type") === "url" ? formEncode : escapeXml;
    const limit = Math.min(this.pageSize, Number(query.get("max-keys") ?? "1000"));
    let [items, count, last, truncated] = ["", 0, "", false];
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).toSorted(byBytes);
    for (const key of keys) {
      const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      const group = at < 0 ? undefined : key.slice(0, at + delimiter.length);
      if (byBytes(key, after) <= 0 || (group !== undefined && (group === last || group === after))) continue;
      if (count === limit) {
        truncated = true;
        break;
      }
      count++;
      last = group ?? key;
      const object = this.objects.get(key)!;
      items +=
        group === undefined
          ? `<Contents><Key>${encode(key)}</Key><LastModified>${object.modified.toISOString()}</LastModified>` +
            `<ETag>&quot;x&quot;</ETag><Size>${object.bytes.length}</Size>` +
            `<StorageClass>${object.headers["x-amz-storage-class"] ?? "STANDARD"}</StorageClass></Contents>`
          : `<CommonPrefixes><Prefix>${encode(group)}</Prefix></CommonPrefixes>`;
    }
    // As a token, the key of the last item does: a group's stands before all keys in it, which are skipped as one.
    const next = truncated ? `<NextContinuationToken>${escapeXml(last)}</NextContinuationToken>` : "";
    return xml(
      `<ListBucketResult><KeyCount>${count}</KeyCount><IsTruncated>${truncated}</IsTruncated>${next}` +
        `${query.get("encoding-type") === "url" ? "<EncodingType>url</EncodingType>" : ""}${items}</ListBucketResult>`,
    );
  }

  private store(key: string, bytes: Uint8Array, headers: Readonly<Record<string, string>>): string {
    const etag = etagOf(bytes);
    this.objects.set(key, { bytes, etag, modified: new Date(), headers: kept(headers) });
    return etag;
  }
}

function byBytes(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export function failure(status: number, code: string, withBody = true): Answer {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  return { status, headers: { "content-type": "application/xml" }, ...(withBody ? { body } : {}) };
}

function preconditionFailed(): Answer {
  return failure(412, "PreconditionFailed");
}

function xml(body: string): Answer {
  return { status: 200, headers: { "content-type": "application/xml" }, body: `<?xml version="1.0"?>${body}` };
}

function etagOf(bytes: Uint8Array): string {
  return `"${createHash("md5").update(bytes).digest("hex")}"`;
}

function kept(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name, value]) =>
        /^x-amz-(?:meta-|server-side-encryption)|^x-amz-storage-class$/.test(name) && value !== "STANDARD",
    ),
  );
}

function formEncode(key: string): string {
  return encodeURIComponent(key).replaceAll("%20", "+").replaceAll("%2F", "/");
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
