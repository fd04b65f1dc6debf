import {
  documentOfModel,
  fileName,
  ModelkeepError,
  type ModelState,
  type PayloadSource,
  tensorBytes,
} from "@modelkeep/core";
import { encodeTensors, gatherTensors, type TensorReference } from "@modelkeep/safetensors";
import { Packr } from "msgpackr";

/** How `msgpackCodec` writes small tensors. */
export interface MsgpackEncodeOptions {
  /** Tensors of up to so many bytes are written within the tree. Default 256. */
  readonly inline?: number;
}

export const mediaType = "application/vnd.msgpack";
export const tensorsMediaType = "application/vnd.safetensors";

const defaultInline = 256;

/** Plain MessagePack that any implementation reads: no records, no extension types. Maps get the shortest length. */
const packr = new Packr({ useRecords: false, mapsAsObjects: false, variableMapSize: true, moreTypes: false });

/** A tensor that lies in the tree itself. */
type InlineTensor = ReadonlyMap<string, string | readonly number[] | Uint8Array>;

/** The tree as MessagePack; and, when the model has tensors that are not small, these beside it as safetensors. */
export function encodeState(
  model: ModelState,
  options: MsgpackEncodeOptions & { readonly stem?: string } = {},
): readonly PayloadSource[] {
  const { stem = "model", inline = defaultInline } = options;
  const gatherer = gatherTensors();
  type Marked = ReadonlyMap<string, InlineTensor | TensorReference>;
  const { state, ...fields } = documentOfModel<Marked>(model, (tensor, path) => {
    const small = ArrayBuffer.isView(tensor.data) && tensor.data.byteLength <= inline;
    const { dtype, shape } = tensor;
    const marked = small
      ? new Map<string, string | readonly number[] | Uint8Array>([
          ["dtype", dtype],
          ["shape", shape],
          ["data", tensorBytes(tensor)],
        ])
      : gatherer.add(tensor, path);
    return new Map([["$tensor", marked]]);
  });
  const beside = gatherer.tensors.size === 0 ? undefined : encodeTensors(gatherer);
  const tensorsPath = `${stem}.safetensors`;
  const document = new Map<string, unknown>([
    ...Object.entries(fields),
    ["tensors", beside === undefined ? null : fileName(tensorsPath)],
    ["state", state],
  ]);
  const bytes = pack(document);
  const main: PayloadSource = {
    path: `${stem}.msgpack`,
    mediaType,
    size: bytes.byteLength,
    async *open() {
      yield bytes;
    },
  };
  return beside === undefined ? [main] : [main, { path: tensorsPath, mediaType: tensorsMediaType, ...beside }];
}

function pack(document: ReadonlyMap<string, unknown>): Uint8Array {
  try {
    return new Uint8Array(packr.pack(document));
  } catch (cause) {
    throw new ModelkeepError(
      "limit_exceeded",
      "The tree of this model is too large for MessagePack in memory: keep its numbers in tensors, not in lists",
      { cause },
    );
  }
}
