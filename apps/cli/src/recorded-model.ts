import type { Signature, TensorMap } from "@modelkeep/core";
import type { Registry } from "@modelkeep/registry";
import { predictionLog, serve } from "@modelkeep/serving";

import { policyOf } from "./compatibility.js";
import type { Context } from "./context.js";
import { isolationOf } from "./isolation.js";

export interface RecordedModel {
  readonly signature: Signature;
  predict(inputs: TensorMap): Promise<TensorMap>;
  /** Of what was put on the record. */
  readonly ids: readonly string[];
  close(): Promise<void>;
}

/** Answers as a server does: along the route of the alias, and on the record. */
export async function recordedModel(
  context: Context,
  registry: Registry,
  target: string,
  choice: { readonly runtime: string | undefined; readonly representation: string | undefined },
): Promise<RecordedModel> {
  const { options, output } = context;
  const log = predictionLog(registry.store, { onTrouble: ({ message }) => output.warn(message) });
  const served = await serve(registry, target, {
    ...choice,
    log,
    isolation: await isolationOf(context),
    refreshSeconds: 0,
    compatibility: policyOf(context),
    onWarning: (message) => output.warn(message),
  });
  const request = { caller: options.text("caller") ?? "modelkeep predict", key: options.text("key") };
  const ids: string[] = [];
  return {
    signature: served.live.signature,
    ids,
    async predict(inputs) {
      const { id, tensors } = await served.predict(inputs, request);
      ids.push(id!);
      return tensors;
    },
    async close() {
      await served[Symbol.asyncDispose]();
      await log[Symbol.asyncDispose]();
    },
  };
}
