import { once } from "node:events";
import { createServer, type IncomingMessage, request as send, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * What goes wrong with a request: it gets lost, its answer does, the service is too busy to do it (503), or its answer breaks off in
 * the middle of the body.
 */
export type RequestTrouble = "lost" | "unanswered" | "busy" | "cut";

/** Every trouble that a request can be given. */
export const requestTroubles: readonly RequestTrouble[] = ["lost", "unanswered", "busy", "cut"];

/** A way to a real server by HTTP, on which one request goes wrong. */
export interface FaultProxy extends AsyncDisposable {
  /** `http://127.0.0.1:…`, in the place of the server's. */
  readonly url: string;
  /** Requests since the last `arm`. */
  readonly requests: number;
  /** Begins to count anew; the request with this number, from 1 on, meets with trouble, without one none does. */
  arm(at?: number, trouble?: RequestTrouble): void;
}

/** `target` is the server's `http://HOST:PORT`; where answers name it, they name the proxy instead. */
export async function faultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port, origin } = new URL(target);
  let requests = 0;
  let fault: { readonly at: number; readonly trouble: RequestTrouble } | undefined;
  let url = "";

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const trouble = ++requests === fault?.at ? fault.trouble : undefined;
    const body: Uint8Array[] = [];
    for await (const chunk of incoming) body.push(chunk as Uint8Array);
    if (trouble === "lost") return void outgoing.destroy();
    if (trouble === "busy") return void outgoing.writeHead(503, { "content-length": 0 }).end();
    const { method, url: path, headers } = incoming;
    const forwarded = send({ hostname, port, method, path, headers, agent: false });
    forwarded.end(Buffer.concat(body));
    const [answer] = (await once(forwarded, "response")) as [IncomingMessage];
    const pieces: Uint8Array[] = [];
    for await (const chunk of answer) pieces.push(chunk as Uint8Array);
    if (trouble === "unanswered") return void outgoing.destroy();
    const bytes = Buffer.concat(pieces);
    const { "transfer-encoding": _, location, connection: __, ...rest } = answer.headers;
    outgoing.writeHead(answer.statusCode!, {
      ...rest,
      ...(location !== undefined && { location: location.replace(origin, url) }),
      ...(method !== "HEAD" && answer.statusCode !== 204 && { "content-length": bytes.length }),
    });
    if (trouble !== "cut") return void outgoing.end(bytes);
    // What has no body ends before its headers are out.
    if (bytes.length < 2) return void outgoing.destroy();
    outgoing.write(bytes.subarray(0, bytes.length >> 1), () => outgoing.destroy());
  }

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    get requests() {
      return requests;
    },
    arm(at, trouble) {
      requests = 0;
      fault = at === undefined || trouble === undefined ? undefined : { at, trouble };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
