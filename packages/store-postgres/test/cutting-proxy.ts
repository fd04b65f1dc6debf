import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Cut {
  /** The message from the client, counted over all connections, at which a connection breaks. */
  readonly at: number;
  /** Whether the server still gets it; its answer is lost in any case. */
  readonly delivered: boolean;
}

/** A way to the server that breaks once. */
export async function cuttingProxy(target: URL, cut: Cut | undefined) {
  let messages = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    let answers = true;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        // What was delivered is to be carried out.
        if (answers) upstream.destroy();
      });
    }
    client.on("data", (bytes) => {
      messages++;
      if (cut?.at !== messages) {
        upstream.write(bytes);
        return;
      }
      answers = !cut.delivered;
      if (!cut.delivered) {
        client.destroy();
        return;
      }
      upstream.write(bytes);
      upstream.once("data", () => {
        client.destroy();
        upstream.destroy();
      });
    });
    upstream.on("data", (bytes) => {
      if (answers) client.write(bytes);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    messages: () => messages,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
