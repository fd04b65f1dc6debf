import { jsonCodec } from "@modelkeep/codec-json";
import { onnxCodec, onnxRuntime } from "@modelkeep/codec-onnx";
import { safetensorsCodec } from "@modelkeep/codec-safetensors";
import { mljsFlavor, mljsRuntime } from "@modelkeep/flavor-mljs";
import { answerVerification } from "@modelkeep/registry/node";

// What a fresh process runs to hold a model to its samples: the plugins that are chosen, and nothing else.
await answerVerification({
  codecs: [jsonCodec(), onnxCodec(), safetensorsCodec()],
  flavors: [mljsFlavor()],
  runtimes: [mljsRuntime(), onnxRuntime()],
});
