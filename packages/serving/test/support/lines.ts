import { jsRuntime, onnxCodec } from "@modelkeep/codec-onnx";
import { type Store, Tensor, type TensorMap } from "@modelkeep/core";
import { graphBuilder, type OnnxModel } from "@modelkeep/onnx";
import { openRegistry, type Registry, type RegistryOptions } from "@modelkeep/registry";
import { memoryStore } from "@modelkeep/store-memory";

/** y = slope x, and the slope itself as a label: an answer shows which version gave it, and that one version gave all of it. */
export function line(slope: number): OnnxModel {
  const b = graphBuilder();
  const x = b.input("x", "float64", ["batch", 1]);
  const column = b.reshape(x, [-1]);
  b.output("y", b.mul(column, b.float64(slope)), "float64", ["batch"]);
  b.output(
    "slope",
    b.cast(b.where(b.less(column, b.float64(0)), b.float64(slope), b.float64(slope)), "int64"),
    "int64",
    ["batch"],
  );
  return b.build();
}

export function xs(...values: number[]): TensorMap {
  return new Map([["x", new Tensor("float64", [values.length, 1], Float64Array.from(values))]]);
}

export function openLines(store: Store = memoryStore(), options: Partial<RegistryOptions> = {}): Promise<Registry> {
  return openRegistry({ store, codecs: [onnxCodec()], runtimes: [jsRuntime()], actor: "ada", ...options });
}

/** Versions of the slopes 1, 2, 3 …, the first one in production. */
export async function linesWith(count: number, store?: Store): Promise<Registry> {
  const registry = await openLines(store);
  for (let slope = 1; slope <= count; slope++)
    await registry.save("lines", { model: line(slope), samples: { inputs: xs(1, 2) } });
  await registry.alias("lines", "production", 1);
  return registry;
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
