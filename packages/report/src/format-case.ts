import {
  type Codec,
  type CodecFacts,
  collect,
  decoded,
  encoded,
  type Encoding,
  memoryPayloads,
  type Predictor,
  type Runtime,
  type Signature,
} from "@modelkeep/core";

/** A file of a saved model. */
export interface SavedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Before compression. */
  readonly plainSize: number;
}

/** One way of keeping a model, as a row of the table. */
export interface FormatCase {
  readonly label: string;
  readonly facts?: CodecFacts;
  /** The files were made elsewhere: what `save` takes tells nothing. */
  readonly given?: true;
  /** From the model in memory to files in memory. */
  save(): Promise<readonly SavedFile[]>;
  /** From the files to something that predicts. */
  load(files: readonly SavedFile[]): Promise<Predictor>;
}

/** One format of the comparison: a codec, what it writes, and the runtime that runs it. */
export interface CodecCaseOptions {
  readonly label: string;
  readonly codec: Codec;
  /** What the codec encodes: frozen state, an ONNX model. */
  readonly model: unknown;
  readonly runtime: Runtime;
  readonly signature?: Signature;
  readonly compression?: { readonly encoding: Encoding; readonly level?: number };
}

/** A codec, its files compressed or not, and a runtime for what it decodes. */
export function codecCase({ label, codec, model, runtime, signature, compression }: CodecCaseOptions): FormatCase {
  return {
    label,
    ...(codec.facts === undefined ? {} : { facts: codec.facts }),
    async save() {
      const files: SavedFile[] = [];
      for (const { path, open } of await codec.encode(model)) {
        const plain = await collect(open());
        const bytes =
          compression === undefined
            ? plain
            : await collect(encoded(() => once(plain), compression.encoding, compression.level)());
        files.push({ path, bytes, plainSize: plain.length });
      }
      return files;
    },
    async load(files) {
      const payloads = memoryPayloads(
        await Promise.all(
          files.map(async ({ path, bytes, plainSize }) => ({
            path,
            bytes:
              compression === undefined ? bytes : await collect(decoded(once(bytes), compression.encoding, plainSize)),
          })),
        ),
      );
      return runtime.predictor(payloads, {
        decode: () => codec.decode(payloads),
        ...(signature === undefined ? {} : { signature }),
      });
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
