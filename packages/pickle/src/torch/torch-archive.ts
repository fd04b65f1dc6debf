import { ModelkeepError } from "@modelkeep/core";

import { archiveEntries } from "../archive.js";
import { malformed } from "../errors.js";
import type { Memory } from "../input.js";
import type { ResolvedLimits } from "../limits.js";

/** The parts of a file that `torch.save` writes since PyTorch 1.6. */
export interface TorchArchive {
  readonly pickle: Memory;
  /** The bytes of a storage. Throws `malformed` where there are none or they are damaged. */
  storage(key: string): Memory;
}

/** Opens the ZIP archive: `<stem>/data.pkl` and `<stem>/data/<key>`. */
export function openArchive(memory: Memory, limits: ResolvedLimits): TorchArchive {
  const entries = archiveEntries(memory);
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const [name] = pickles;
  if (name === undefined || pickles.length > 1) throw malformed("The archive holds no data.pkl, or several");
  const stem = name.slice(0, -"data.pkl".length);
  if (entries.has(`${stem}constants.pkl`))
    throw new ModelkeepError(
      "unsupported",
      'The file is a TorchScript program, not a file of tensors: in PyTorch, torch.onnx.export(model, example_inputs, "model.onnx") makes what runs here, torch.save(model.state_dict(), path) keeps the tensors',
    );
  const content = (path: string): Memory => {
    const entry = entries.get(path);
    if (entry === undefined) throw malformed(`The archive lacks ${JSON.stringify(path)}`);
    const { memory: bytes, damaged } = entry.content(limits);
    if (damaged) throw malformed(`${JSON.stringify(path)} of the archive does not have the checksum that it lists`);
    return bytes;
  };
  const order = entries.has(`${stem}byteorder`) ? textOf(content(`${stem}byteorder`)) : "little";
  if (order !== "little")
    throw new ModelkeepError("unsupported", `The file was written on a machine of ${order}-endian byte order`);
  const opened = new Map<string, Memory>();
  return {
    pickle: content(name),
    storage(key) {
      let found = opened.get(key);
      if (found === undefined) opened.set(key, (found = content(`${stem}data/${key}`)));
      return found;
    },
  };
}

function textOf(memory: Memory): string {
  const bytes = new Uint8Array(memory.buffer, memory.byteOffset, Math.min(memory.byteLength, 16));
  return String.fromCharCode(...bytes);
}
