import { Worker } from "node:worker_threads";

import { memoryPayloads, ModelkeepError, type PayloadSet, type Predictor } from "@modelkeep/core";
import type { Plugins } from "@modelkeep/registry";

import { type FileMessage, type FromChild, fromMessage, toMessage, type ToChild } from "./messages.js";

/** Ends this process when its server is gone, also while a model computes without end. */
const watchdog = `
const { ppid } = process;
setInterval(() => process.ppid === ppid || process.kill(process.pid, "SIGKILL"), 1000);
`;

/** What the script of an isolated process does: it runs one model, with these plugins, until its server goes. */
export function answerPredictions({ codecs = [], runtimes = [] }: Partial<Plugins>): void {
  const files: { readonly about: FileMessage; readonly bytes: Uint8Array; filled: number }[] = [];
  let predictor: Predictor | undefined;

  async function load(message: ToChild & { readonly kind: "load" }): Promise<FromChild> {
    const payloads = memoryPayloads(files.map(({ about, bytes }) => ({ ...about, bytes })));
    const runtime = runtimes.find(({ name }) => name === message.runtime);
    if (runtime === undefined)
      throw new ModelkeepError(
        "unsupported",
        `The isolated process has no runtime ${JSON.stringify(message.runtime)}: name the module that brings it`,
      );
    const available = await runtime.available();
    if (available !== true) throw new ModelkeepError("missing_package", available);
    const { signature, threads, representation } = message;
    const decode = decoderOf(payloads, representation?.codec);
    predictor = await runtime.predictor(payloads, {
      ...(signature && { signature }),
      ...(threads !== undefined && { threads }),
      ...(representation && { representation }),
      ...(decode && { decode }),
    });
    files.length = 0;
    return { kind: "loaded", signature: predictor.signature };
  }

  function decoderOf(payloads: PayloadSet, name: string | undefined): (() => Promise<unknown>) | undefined {
    const codec = codecs.find((each) => each.name === name);
    return codec && (() => codec.decode(payloads));
  }

  async function answer(message: ToChild): Promise<FromChild | undefined> {
    switch (message.kind) {
      case "file":
        files.push({ about: message.file, bytes: new Uint8Array(message.file.size), filled: 0 });
        return undefined;
      case "bytes": {
        const file = files.at(-1)!;
        file.bytes.set(message.bytes, file.filled);
        file.filled += message.bytes.length;
        return undefined;
      }
      case "load":
        return load(message);
      case "predict":
        return { kind: "outputs", outputs: toMessage(await predictor!.predict(fromMessage(message.inputs))) };
    }
  }

  const send = (message: FromChild) => process.send!(message);
  process.on("message", (message: ToChild) => {
    answer(message).then(
      (reply) => reply && send(reply),
      (error: unknown) => {
        const { code, message: text, details } = error as Partial<ModelkeepError>;
        send({ kind: "error", code, message: text ?? String(error), details });
      },
    );
  });
  process.on("disconnect", () => process.exit(0));
  new Worker(watchdog, { eval: true, stdout: true, stderr: true }).unref();
  send({ kind: "ready" });
}
