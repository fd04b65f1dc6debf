import { isTensor, type Tensor } from "./tensor.js";

/**
 * Plain state: JSON values (with every double, so -0, NaN and infinities too) and tensors, nothing else.
 * Objects are records of own enumerable string keys; a decoder makes them without a prototype.
 */
export type StateValue =
  | null
  | boolean
  | number
  | string
  | Tensor
  | readonly StateValue[]
  | { readonly [key: string]: StateValue };

/** A framework's object as plain state: what JSON, MessagePack and safetensors files hold. */
export interface ModelState {
  /** The flavor that froze it and can thaw it: "mljs". */
  readonly flavor: string;
  /** The type within the flavor: "pipeline", "random-forest-classifier". */
  readonly type: string;
  /** Of the layout of `state`; rises when it changes incompatibly. */
  readonly version: number;
  readonly state: StateValue;
}

/** Whether this is the plain state of a model, as a flavor's `freeze` gives it. */
export function isModelState(value: unknown): value is ModelState {
  if (typeof value !== "object" || value === null || isTensor(value)) return false;
  const { flavor, type, version, state } = value as Partial<ModelState>;
  return typeof flavor === "string" && typeof type === "string" && Number.isSafeInteger(version) && state !== undefined;
}
