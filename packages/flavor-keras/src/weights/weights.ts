import { dtypeKind, reader, type Tensor } from "@modelkeep/core";

import { malformed } from "../config/json.js";

/** The weights of one layer, wherever the file has them. */
export interface Weights {
  /**
   * The weights of these names, in the order in which the layer made them; a name with alternatives is "kernel|depthwise_kernel".
   * `malformed` when one is missing.
   */
  take(names: readonly string[]): readonly Float32Weight[];
  /** A file that the layer keeps beside its weights: "vocabulary.txt". */
  text(file: string): string | undefined;
  /** Of a layer within: the attribute that holds it, and its name, or alternatives to it: "backward_gru|gru". */
  within(attribute: string, name: string): Weights;
  /** Of layers of a model within, in their order. */
  layers(layers: readonly { readonly name: string; readonly className: string }[]): readonly Weights[];
}

export interface Float32Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

type Tensors = ReadonlyMap<string, Tensor>;
type Texts = ReadonlyMap<string, string>;

/** Before the paths of files beside the weights, as the codec names them. */
const assetPrefix = "keras.asset/";

/** Keras 3, and Keras 2 in `.keras` files, number the weights of a layer; `.h5` files name them. */
export function weightsOf(tensors: Tensors, texts: Texts): Weights {
  const names = [...tensors.keys()];
  const numbered = names.some((name) => /^(?:layers|_layer_checkpoint_dependencies)\/.*\d+$/u.test(name));
  const withFiles = [...texts.keys()].some((name) => name.startsWith(assetPrefix));
  if (numbered || withFiles) return new NumberedWeights(tensors, texts, "");
  const root = names.some((name) => name.startsWith("model_weights/")) ? "model_weights/" : "";
  return new NamedWeights(tensors, root, names, true);
}

/** `layers/dense_1/vars/0`: by the class of the layer, counted from the first. */
class NumberedWeights implements Weights {
  readonly #tensors: Tensors;
  readonly #texts: Texts;
  readonly #path: string;

  constructor(tensors: Tensors, texts: Texts, path: string) {
    this.#tensors = tensors;
    this.#texts = texts;
    this.#path = path;
  }

  take(names: readonly string[]): readonly Float32Weight[] {
    return names.map((name, index) => {
      const path = `${this.#path}vars/${index}`;
      const tensor = this.#tensors.get(path);
      if (tensor === undefined) throw malformed(`The file lacks the weight ${path} (${name.split("|")[0]})`);
      return toFloat32(tensor, path);
    });
  }

  text(file: string): string | undefined {
    return this.#texts.get(`${assetPrefix}${this.#path}${file}`);
  }

  within(attribute: string): Weights {
    const found = [attribute, `_${attribute}`].find((each) => this.#has(`${this.#path}${each}/`));
    return new NumberedWeights(this.#tensors, this.#texts, `${this.#path}${found ?? attribute}/`);
  }

  layers(layers: readonly { readonly className: string }[]): readonly Weights[] {
    const container = ["layers", "_layer_checkpoint_dependencies"].find((each) => this.#has(`${this.#path}${each}/`));
    const used = new Map<string, number>();
    return layers.map(({ className }) => {
      const name = snakeCase(className);
      const count = used.get(name) ?? 0;
      used.set(name, count + 1);
      const own = count === 0 ? name : `${name}_${count}`;
      return new NumberedWeights(this.#tensors, this.#texts, `${this.#path}${container ?? "layers"}/${own}/`);
    });
  }

  #has(prefix: string): boolean {
    for (const name of this.#tensors.keys()) if (name.startsWith(prefix)) return true;
    for (const name of this.#texts.keys()) if (name.startsWith(assetPrefix + prefix)) return true;
    return false;
  }
}

/** `model_weights/lstm/lstm/lstm_cell/kernel:0`: by the name of the outermost layer, then by names within. */
class NamedWeights implements Weights {
  readonly #tensors: Tensors;
  readonly #root: string;
  readonly #names: readonly string[];
  readonly #outermost: boolean;

  constructor(tensors: Tensors, root: string, names: readonly string[], outermost = false) {
    this.#tensors = tensors;
    this.#root = root;
    this.#names = names;
    this.#outermost = outermost;
  }

  take(names: readonly string[]): readonly Float32Weight[] {
    return names.map((name) => {
      const wanted = name.split("|");
      const found = this.#names.filter((path) => wanted.includes(lastPart(path)));
      if (found.length !== 1)
        throw malformed(
          found.length === 0
            ? `The file lacks the weight ${wanted[0]} below ${this.#root}`
            : `The file has the weight ${wanted[0]} more than once: ${found.slice(0, 3).join(", ")}`,
        );
      return toFloat32(this.#tensors.get(found[0]!)!, found[0]!);
    });
  }

  /** `.h5` files have no others beside them. */
  text(): undefined {
    return undefined;
  }

  within(_attribute: string, name: string): Weights {
    return this.#below(name);
  }

  layers(layers: readonly { readonly name: string }[]): readonly Weights[] {
    if (!this.#outermost) return layers.map(({ name }) => this.#below(name));
    const groups = new Map<string, string[]>();
    for (const path of this.#names) {
      const group = path.slice(this.#root.length).split("/", 1)[0]!;
      const known = groups.get(group);
      if (known === undefined) groups.set(group, [path]);
      else known.push(path);
    }
    return layers.map(({ name }) => new NamedWeights(this.#tensors, `${this.#root}${name}/`, groups.get(name) ?? []));
  }

  /** Keras 2 leaves out the names of some layers within, of which there is only one then. */
  #below(name: string): Weights {
    const parts = name.split("|").map((each) => `/${each}/`);
    const found = parts
      .map((part) => this.#names.filter((path) => path.slice(this.#root.length - 1).includes(part)))
      .find((paths) => paths.length > 0);
    return new NamedWeights(this.#tensors, this.#root, found ?? this.#names);
  }
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/:\d+$/u, "");
}

/** A number of any type as float32; `malformed` for what is no number. */
export function toFloat32(tensor: Tensor, path: string): Float32Weight {
  const { dtype, shape, data } = tensor;
  if (dtype === "float32") return { shape, data: data as Float32Array };
  const kind = dtypeKind(dtype);
  if (kind !== "float" && kind !== "integer") throw malformed(`The weight ${path} is of ${dtype}`);
  const read = reader(dtype, data);
  return { shape, data: Float32Array.from({ length: tensor.size }, (_, index) => Number(read(index))) };
}

/** As Keras turns "SeparableConv2D" into "separable_conv2d", and "PReLU" into "p_re_lu". */
function snakeCase(name: string): string {
  return name
    .replace(/\W+/gu, "")
    .replace(/(.)([A-Z][a-z]+)/gu, "$1_$2")
    .replace(/([a-z])([A-Z])/gu, "$1_$2")
    .toLowerCase();
}
