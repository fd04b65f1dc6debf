import {
  type DType,
  type RepresentationInfo,
  type Signature,
  Tensor,
  type TensorData,
  type TensorMap,
} from "@modelkeep/core";

/** What crosses between a server and the process that runs a model: structured clones, typed arrays as they are. */
export type TensorMessage = readonly (readonly [
  name: string,
  dtype: DType,
  shape: readonly number[],
  data: TensorData,
])[];

export interface FileMessage {
  readonly path: string;
  readonly mediaType: string;
  readonly role: string;
  readonly size: number;
}

export type ToChild =
  | { readonly kind: "file"; readonly file: FileMessage }
  /** The next bytes of the last file. */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | {
      readonly kind: "load";
      readonly runtime: string;
      readonly representation: RepresentationInfo | undefined;
      readonly signature: Signature | undefined;
      readonly threads: number | undefined;
    }
  | { readonly kind: "predict"; readonly inputs: TensorMessage };

export type FromChild =
  /** It has loaded its plugins, and can be told what to do. */
  | { readonly kind: "ready" }
  | { readonly kind: "loaded"; readonly signature: Signature }
  | { readonly kind: "outputs"; readonly outputs: TensorMessage }
  | {
      readonly kind: "error";
      readonly code: string | undefined;
      readonly message: string;
      readonly details: Readonly<Record<string, unknown>> | undefined;
    };

export function toMessage(tensors: TensorMap): TensorMessage {
  return [...tensors].map(([name, { dtype, shape, data }]) => [name, dtype, shape, data]);
}

export function fromMessage(message: TensorMessage): TensorMap {
  return new Map(message.map(([name, dtype, shape, data]) => [name, new Tensor(dtype, shape, data)]));
}
