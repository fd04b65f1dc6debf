import { onnxCodec, onnxRuntime } from "@modelkeep/codec-onnx";
import { joblibCodec, pickleCodec } from "@modelkeep/codec-pickle";
import { sklearnConverter } from "@modelkeep/flavor-sklearn";
import { openRegistry, type Registry } from "@modelkeep/registry";
import { memoryStore } from "@modelkeep/store-memory";

/** A registry in memory that reads pickles and runs ONNX. */
export function newRegistry(): Promise<Registry> {
  return openRegistry({
    store: memoryStore(),
    actor: "Ada",
    codecs: [onnxCodec(), joblibCodec(), pickleCodec()],
    converters: [sklearnConverter()],
    runtimes: [onnxRuntime()],
  });
}

export function vectorFolder(name: string): string {
  return new URL(`../../../vectors/${name}`, import.meta.url).pathname;
}
