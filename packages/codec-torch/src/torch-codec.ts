import { type Codec, elementCount, type Inspection, isModelkeepError, type Json } from "@modelkeep/core";
import { looksTorch, readTorch, scanBytes, type TorchFile, writeTorch } from "@modelkeep/pickle";
import { isTensorFile, type TensorFile } from "@modelkeep/safetensors";

const mediaType = "application/vnd.pytorch";

/** PyTorch's files of tensors (`torch.save(model.state_dict(), …)`, checkpoints), read as inert data and loaded as views. */
export function torchCodec(): Codec<TensorFile> {
  return {
    name: "torch",
    mediaType,
    extensions: [".pt", ".pth", ".bin", ".ckpt"],
    facts: {
      languages: "Python",
      runsCode: "in Python, unless weights_only is set; here never",
      bestFor: "weights that PyTorch saved; convert them to safetensors",
    },
    accepts: isTensorFile,
    sniff: (head) => looksTorch(head),
    async encode({ tensors, metadata }, options = {}) {
      return [{ path: `${options.stem ?? "model"}.pt`, mediaType, open: writeTorch(tensors, metadata) }];
    },
    async decode({ main }, options = {}) {
      const { tensors, values } = readTorch(await main.buffer(options), options);
      return { tensors, metadata: new Map(Array.from(values, ([name, value]) => [name, textOf(value)])) };
    },
    async inspect({ main }, options = {}) {
      const buffer = await main.buffer(options);
      const { verdict, findings, globals } = scanBytes(buffer, main.path, options);
      const level = verdict === "dangerous" ? "danger" : "warning";
      const told = findings.map((finding) => ({ level, ...finding }) as const);
      try {
        const file = readTorch(buffer, options);
        const { summary, ...more } = inspectionOf(file);
        return { summary, ...more, details: { ...more.details, verdict, globals }, findings: told };
      } catch (error) {
        if (!isModelkeepError(error) || error.code === "aborted") throw error;
        const message = { level: "warning", message: error.message, code: error.code } as const;
        const summary = `PyTorch, ${main.size} bytes: not a file of tensors alone; scan: ${verdict}`;
        return { summary, details: { verdict, globals }, findings: [...told, message] };
      }
    },
  };
}

function inspectionOf({ tensors, values, shared, form }: TorchFile): Inspection {
  const listed = [...tensors].map(([name, { dtype, shape, data }]) => ({
    name,
    dtype,
    shape,
    bytes: "byteLength" in data ? data.byteLength : 0,
  }));
  const parameters = listed.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return {
    summary: `PyTorch (${form}): tensors: ${tensors.size}, elements: ${parameters}`,
    tensors: listed,
    parameters,
    details: {
      form,
      ...(values.size > 0 && { values: Object.fromEntries(values) }),
      ...(shared.size > 0 && { shared: Object.fromEntries(shared) }),
    },
  };
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
