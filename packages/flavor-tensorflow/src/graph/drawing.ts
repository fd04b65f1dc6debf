import { type DType, dtypeInfo, ModelkeepError, Tensor, tensorOf } from "@modelkeep/core";
import { type Attributes, type GraphBuilder, int, type Value } from "@modelkeep/onnx";
import { dtypeOf, typeName } from "@modelkeep/savedmodel";

import { type Computed, type Drawn, type Element, mostElements } from "./drawn.js";
import type { FlatNode } from "./flatten.js";
import { axisOf, type Shape, type Size } from "./sizes.js";

/** A node that is being drawn, and what stands for its inputs. */
export class Drawing {
  constructor(
    readonly graph: GraphBuilder,
    readonly node: FlatNode,
    readonly inputs: readonly Drawn[],
  ) {}

  input(index: number): Drawn {
    const found = this.inputs[index];
    if (found === undefined) throw this.refuse(`has ${this.inputs.length} inputs`);
    return found;
  }

  /** The ONNX value of an input, as TensorFlow has it. */
  value(index: number): Value {
    return this.draw(this.input(index));
  }

  draw(drawn: Drawn): Value {
    if (drawn.value !== undefined) return drawn.value;
    if (drawn.tensor !== undefined) return (drawn.value = this.graph.constant(drawn.tensor));
    if (drawn.channelsFirst !== undefined) {
      const rank = drawn.shape!.length;
      return (drawn.value = this.graph.transpose(drawn.channelsFirst, toLast(rank)));
    }
    return (drawn.value = this.#drawElements(drawn));
  }

  /** The ONNX value of an input with channels first. */
  channelsFirst(drawn: Drawn): Value {
    return (drawn.channelsFirst ??= this.graph.transpose(this.draw(drawn), toFirst(this.rankOf(drawn))));
  }

  /** What an ONNX operator gives. */
  result(value: Value, shape: Shape | undefined, dtype: DType = this.input(0).dtype): Drawn {
    return { dtype, shape, value };
  }

  resultFirst(channelsFirst: Value, shape: Shape, dtype: DType = this.input(0).dtype): Drawn {
    return { dtype, shape, channelsFirst };
  }

  constant(tensor: Tensor): Drawn {
    return { dtype: tensor.dtype, shape: tensor.shape, tensor };
  }

  /** Sizes as TensorFlow computes with them. */
  sizes(elements: readonly Element[], rank: 0 | 1, dtype: DType): Drawn {
    const shape = rank === 0 ? [] : [elements.length];
    if (elements.every((each) => typeof each === "number")) return this.constant(integers(elements, shape, dtype));
    return { dtype, shape, elements };
  }

  /** int64 `[n]`, for the operators of ONNX that take a shape. */
  sizeList(elements: readonly Element[]): Value {
    if (elements.every((each) => typeof each === "number")) return this.graph.int64(elements);
    const parts = elements.map((each) => (typeof each === "number" ? this.graph.int64([each]) : each.draw()));
    return parts.length === 1 ? parts[0]! : this.graph.concat(parts, 0);
  }

  /** The sizes of a value, each computed when it runs where it is not known. */
  sizesOf(drawn: Drawn): Element[] {
    return this.shapeOf(drawn).map((size, axis) =>
      typeof size === "number" ? size : this.computedSize(drawn, axis, size),
    );
  }

  computedSize(drawn: Drawn, axis: number, size: Size): Computed {
    return {
      size,
      draw: once(() => {
        // Whichever layout is there tells the same.
        const first = drawn.value === undefined && drawn.channelsFirst !== undefined;
        const rank = drawn.shape!.length;
        const place = first ? toLast(rank)[axis]! : axis;
        return this.graph.gather(
          this.graph.shape(first ? drawn.channelsFirst! : this.draw(drawn)),
          this.graph.int64([place]),
        );
      }),
    };
  }

  /** The elements of an integer input that has few of them: known numbers, or values of the running model. */
  elements(drawn: Drawn): readonly Element[] | undefined {
    if (drawn.elements !== undefined) return drawn.elements;
    const { tensor, shape, dtype } = drawn;
    if (dtype !== "int32" && dtype !== "int64") return undefined;
    if (tensor !== undefined)
      return tensor.size <= mostElements ? Array.from(tensor.data as Int32Array, Number) : undefined;
    const count = shape?.length === 0 ? 1 : shape?.length === 1 ? shape[0] : undefined;
    if (typeof count !== "number" || count > mostElements) return undefined;
    const whole = once(() => {
      const wide = dtype === "int64" ? this.draw(drawn) : this.graph.cast(this.draw(drawn), "int64");
      return shape!.length === 0 ? this.graph.reshape(wide, [1]) : wide;
    });
    return Array.from({ length: count }, (_, index) => ({
      size: null,
      draw: once(() => (count === 1 ? whole() : this.graph.gather(whole(), this.graph.int64([index])))),
    }));
  }

  /** An input that must be a known list of integers. */
  integers(index: number, what: string): readonly number[] {
    const elements = this.elements(this.input(index));
    if (elements?.every((each) => typeof each === "number")) return elements;
    throw this.refuse(`has ${what} that are only known when it runs`);
  }

  integer(index: number, what: string): number {
    const [only, ...more] = this.integers(index, what);
    if (only === undefined || more.length > 0) throw this.refuse(`has ${what} that are no single number`);
    return only;
  }

  shapeOf(drawn: Drawn): Shape {
    if (drawn.shape !== undefined) return drawn.shape;
    throw this.refuse("has an input of which not even the number of dimensions is known");
  }

  rankOf(drawn: Drawn): number {
    return this.shapeOf(drawn).length;
  }

  axis(axis: number, rank: number): number {
    const found = axisOf(axis, rank);
    if (found === undefined) throw this.malformed(`has the axis ${axis} of ${rank} dimensions`);
    return found;
  }

  attributeInteger(name: string, fallback?: number): number {
    return this.node.attributes.get(name)?.integer ?? fallback ?? 0;
  }

  attributeBoolean(name: string): boolean {
    return this.node.attributes.get(name)?.boolean ?? false;
  }

  attributeText(name: string): string {
    return this.node.attributes.get(name)?.text ?? "";
  }

  attributeFloat(name: string, fallback: number): number {
    return this.node.attributes.get(name)?.float ?? fallback;
  }

  attributeIntegers(name: string): readonly number[] {
    return this.node.attributes.get(name)?.integers ?? [];
  }

  attributeType(name: string, fallback?: DType): DType {
    const number = this.node.attributes.get(name)?.type;
    const dtype = number === undefined ? fallback : dtypeOf(number);
    if (dtype !== undefined) return dtype;
    throw this.refuse(`is of ${typeName(number ?? 0)}`);
  }

  /** ONNX Runtime has many operators for float32 alone. */
  onlyFloat32(index = 0): void {
    const { dtype } = this.input(index);
    if (dtype !== "float32") throw this.refuse(`is of ${dtype}, for which ONNX Runtime has no such operator`);
  }

  apply(type: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return this.graph.apply(type, inputs, attributes);
  }

  /** A constant of the input's type. */
  scalar(value: number, dtype: DType = this.input(0).dtype): Value {
    return this.graph.constant(filled(dtype, [], value));
  }

  softmax(x: Value, axis: number): Value {
    return this.graph.apply("Softmax", [x], { axis: int(axis) });
  }

  /** What of this node can't be converted. */
  refuse(what: string): ModelkeepError {
    return new ModelkeepError("unsupported", what, { details: { operator: this.node.operator, node: this.node.name } });
  }

  malformed(what: string): ModelkeepError {
    return new ModelkeepError(
      "malformed",
      `[tensorflow] The node ${JSON.stringify(this.node.name)} (${this.node.operator}) ${what}`,
    );
  }

  #drawElements({ elements, shape, dtype }: Drawn): Value {
    if (elements === undefined) throw this.refuse("has an input that nothing computes");
    const list = this.sizeList(elements);
    const shaped = shape!.length === 0 ? this.graph.reshape(list, []) : list;
    return dtype === "int64" ? shaped : this.graph.cast(shaped, dtype);
  }
}

/** How a channels-last value is turned to have its channels first. */
export function toFirst(rank: number): number[] {
  return [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, index) => index + 1)];
}

export function toLast(rank: number): number[] {
  return [0, ...Array.from({ length: rank - 2 }, (_, index) => index + 2), 1];
}

export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** A constant of any numeric type, all of it one value. */
export function filled(dtype: DType, shape: readonly number[], value: number): Tensor {
  const count = shape.reduce((sum, size) => sum * size, 1);
  const { array } = dtypeInfo(dtype);
  if (array === undefined) throw new ModelkeepError("unsupported", "a number among texts");
  const wide = array === BigInt64Array || array === BigUint64Array;
  const data = new array(count);
  (data as Float64Array).fill((wide ? BigInt(value) : value) as number);
  return new Tensor(dtype, shape, data);
}

/** A constant of integers. */
export function integers(values: readonly number[], shape: readonly number[], dtype: DType): Tensor {
  if (dtype !== "int64" && dtype !== "int32") throw new ModelkeepError("unsupported", `sizes as ${dtype}`);
  return tensorOf(dtype, shape, values);
}
