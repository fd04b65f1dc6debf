import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { FakeBucket, failure, type Answer } from "./fake-bucket.js";

/** Verbs as the S3 API names them. */
export type Operation = "PutObject" | "GetObject" | "HeadObject" | "DeleteObject" | "ListObjectsV2" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" | "AbortMultipartUpload"; // prettier-ignore

/** What goes wrong with a request. */
export type Trouble =
  /** Nothing is done, and this is the answer. */
  | { readonly refuse: number; readonly code: string; readonly inside200?: boolean }
  /** It is done, and the connection ends without an answer. */
  | "unanswered"
  /** The connection ends and nothing is done. */
  | "lost"
  /** It is done, and no answer ever comes. */
  | "silent"
  /** Neither is it done, nor does an answer come. */
  | "stuck"
  /** The connection ends after so many bytes of the answer's body. */
  | { readonly cutAfter: number }
  /** The body comes drop by drop: a pause of so many milliseconds before each. */
  | { readonly pause: number }
  /** Something else happens just before it is done. */
  | { readonly meanwhile: (bucket: FakeBucket) => void };

export interface Fault {
  readonly on: Operation;
  readonly trouble: Trouble;
  /** Default: once. */
  times?: number;
  /** Requests of this kind that go well before. */
  skip?: number;
  /** Only of this object. */
  readonly key?: string;
}

/** A small S3 server on loopback that fails on demand. One bucket, path style; signatures are not looked at. */
export interface FakeS3 extends AsyncDisposable {
  readonly endpoint: string;
  readonly bucket: FakeBucket;
  readonly faults: Fault[];
  /** Every request, in order: `PutObject models/a`. */
  readonly log: string[];
  /** Headers of every request, beside `log`. */
  readonly headers: Readonly<Record<string, string>>[];
}

export const fakeBucketName = "fake-bucket";

export async function startFakeS3(): Promise<FakeS3> {
  const bucket = new FakeBucket();
  const faults: Fault[] = [];
  const log: string[] = [];
  const seen: Record<string, string>[] = [];
  const server: Server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fake");
    const [, name = "", ...rest] = url.pathname.split("/");
    const key = decodeURIComponent(rest.join("/"));
    const headers = request.headers as Record<string, string>;
    const operation = operationOf(request.method ?? "", key, url.searchParams);
    log.push(`${operation} ${key}`.trim());
    seen.push(headers);
    const body = await readAll(request);
    if (body === undefined) return;
    const trouble = nextTrouble(operation, key);
    if (trouble === "lost") return void response.destroy();
    if (trouble === "stuck") return;
    if (typeof trouble === "object" && "refuse" in trouble)
      return send(response, { ...failure(trouble.refuse, trouble.code, operation !== "HeadObject"), ...(trouble.inside200 ? { status: 200 } : {}) }); // prettier-ignore
    if (typeof trouble === "object" && "meanwhile" in trouble) trouble.meanwhile(bucket);
    const answer =
      name === fakeBucketName
        ? perform(operation, key, url.searchParams, headers, body)
        : failure(404, "NoSuchBucket", operation !== "HeadObject");
    if (trouble === "unanswered") return void response.destroy();
    if (trouble === "silent") return;
    return send(response, answer, typeof trouble === "object" && !("meanwhile" in trouble) ? trouble : {});
  }

  function nextTrouble(operation: Operation, key: string): Trouble | undefined {
    for (const fault of faults) {
      if (fault.on !== operation || (fault.key !== undefined && fault.key !== key)) continue;
      if ((fault.skip ?? 0) > 0) {
        fault.skip = fault.skip! - 1;
        continue;
      }
      fault.times = (fault.times ?? 1) - 1;
      if (fault.times <= 0) faults.splice(faults.indexOf(fault), 1);
      return fault.trouble;
    }
    return undefined;
  }

  function perform(
    operation: Operation,
    key: string,
    query: URLSearchParams,
    headers: Record<string, string>,
    body: Uint8Array,
  ): Answer {
    const upload = query.get("uploadId") ?? "";
    switch (operation) {
      case "PutObject": return bucket.put(key, body, headers); // prettier-ignore
      case "GetObject": return bucket.read(key, headers, true); // prettier-ignore
      case "HeadObject": return bucket.read(key, headers, false); // prettier-ignore
      case "DeleteObject": return bucket.delete(key); // prettier-ignore
      case "ListObjectsV2": return bucket.list(query); // prettier-ignore
      case "CreateMultipartUpload": return bucket.begin(key, headers); // prettier-ignore
      case "UploadPart": return bucket.part(upload, Number(query.get("partNumber")), body); // prettier-ignore
      case "CompleteMultipartUpload": return bucket.complete(upload, Buffer.from(body).toString(), headers); // prettier-ignore
      case "AbortMultipartUpload": return bucket.abort(upload); // prettier-ignore
    }
  }

  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bucket,
    faults,
    log,
    headers: seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function operationOf(method: string, key: string, query: URLSearchParams): Operation {
  const upload = query.has("uploadId");
  switch (method) {
    case "PUT": return upload ? "UploadPart" : "PutObject"; // prettier-ignore
    case "POST": return upload ? "CompleteMultipartUpload" : "CreateMultipartUpload"; // prettier-ignore
    case "DELETE": return upload ? "AbortMultipartUpload" : "DeleteObject"; // prettier-ignore
    case "HEAD": return "HeadObject"; // prettier-ignore
    default: return key === "" ? "ListObjectsV2" : "GetObject"; // prettier-ignore
  }
}

/** Undefined when the client went away in the middle: as at S3, nothing is done then. */
async function readAll(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

async function send(
  response: ServerResponse,
  { status, headers = {}, body }: Answer,
  trouble: { readonly cutAfter?: number; readonly pause?: number } = {},
): Promise<void> {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  response.writeHead(status, { ...(bytes && { "content-length": String(bytes.length) }), ...headers });
  if (bytes !== undefined && trouble.cutAfter !== undefined) {
    await new Promise((resolve) => {
      response.write(bytes.subarray(0, trouble.cutAfter), resolve);
    });
    response.destroy();
  } else if (bytes !== undefined && trouble.pause !== undefined) {
    const drop = Math.ceil(bytes.length / 8);
    for (let start = 0; start < bytes.length && !response.destroyed; start += drop) {
      await sleep(trouble.pause);
      response.write(bytes.subarray(start, start + drop));
    }
    response.end();
  } else {
    response.end(bytes);
  }
}
