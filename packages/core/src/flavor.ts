import type { PayloadSet } from "./codec.js";
import type { PackageName } from "./plugin.js";
import type { Signature, TensorMap } from "./signature.js";
import type { ModelState } from "./state.js";
import type { CallOptions } from "./store.js";

/** A framework's objects: to plain state and back. A type that is not registered is refused by name as `unsupported`. */
export interface Flavor<M = unknown> {
  readonly name: string;
  readonly package?: PackageName;
  owns(model: unknown): model is M;
  freeze(model: M): ModelState;
  /** Loads the framework on first use. */
  thaw(state: ModelState): Promise<M>;
  /** Inputs and outputs, named steps, hyper-parameters, libraries: what the manifest should say of it. */
  describe?(model: M): ModelDescription;
}

/** What a flavor can tell of a model for its manifest, without being asked to run it. */
export interface ModelDescription {
  readonly signature?: Signature;
  readonly steps?: readonly {
    readonly name: string;
    readonly type: string;
    readonly parameters?: Readonly<Record<string, unknown>>;
  }[];
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** npm packages that are needed to run it, beside the flavor's own. */
  readonly packages?: readonly string[];
  /** Python packages with the versions it was made with, as far as it tells itself: {"scikit-learn": "1.6.1"}. */
  readonly python?: Readonly<Record<string, string>>;
}

/** The result of a conversion, with what was lost or could not be exact. */
export interface Conversion {
  /** What the target codec encodes. */
  readonly model: unknown;
  /** What the source told of itself: steps, hyper-parameters, libraries. */
  readonly description?: ModelDescription;
  /** Tensors alone have none: nothing predicts with them. */
  readonly signature?: Signature;
  readonly exactness: "bits" | "bounded" | "unknown";
  /** For "bounded": |a - b| <= bound x max(1, |b|). */
  readonly bound?: number;
  readonly notes: readonly string[];
}

/** One representation to another: `from` a flavor or codec, `to` a codec. */
export interface Converter<M = unknown> {
  readonly from: string;
  readonly to: string;
  owns(model: unknown): model is M;
  convert(model: M, options?: ConvertModelOptions): Promise<Conversion>;
}

/** What a caller may ask of a converter. A converter that cannot do it says so with `unsupported`. */
export interface ConvertModelOptions {
  readonly precision?: "float64" | "float32";
  /** By its name, of a model that has several; `unsupported` where there are no names. */
  readonly signature?: string;
  /** Write quantised tensors as plain ones of float32. Nothing is dequantised unasked: it takes many times the space. */
  readonly dequantize?: boolean;
}

/** What a runtime is asked to run. */
export interface RepresentationInfo {
  readonly codec: string;
  readonly flavor?: string;
}

/** Runs a representation. */
export interface Runtime {
  /** "onnxruntime", "mljs". */
  readonly name: string;
  /** Its own version, or that of the library it drives; known after `available`. */
  readonly version: string;
  /** It, and what it drives: what a fresh installation needs. */
  readonly packages?: readonly PackageName[];
  runs(representation: RepresentationInfo): boolean;
  /** Whether what it drives is installed; a sentence that says what to install if not. */
  available(): Promise<true | string>;
  predictor(payloads: PayloadSet, options?: PredictorOptions): Promise<Predictor>;
}

/** What a runtime is told beside the files. */
export interface PredictorOptions extends CallOptions {
  readonly signature?: Signature;
  /** What the payloads are. */
  readonly representation?: RepresentationInfo;
  /** The model as the representation's codec decodes it: for a runtime that runs a framework's objects, not files. */
  readonly decode?: () => Promise<unknown>;
  readonly threads?: number;
}

/** A model that is ready to predict. It is disposed of by whoever asked for it. */
export interface Predictor {
  readonly signature: Signature;
  predict(inputs: TensorMap): Promise<TensorMap>;
  [Symbol.asyncDispose](): Promise<void>;
}
