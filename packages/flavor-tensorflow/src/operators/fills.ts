import { Tensor } from "@modelkeep/core";

import { type Drawing, filled, integers } from "../graph/drawing.js";
import type { Drawn, Element } from "../graph/drawn.js";
import { product } from "../graph/sizes.js";
import type { Handlers } from "./handler.js";
import { requiredElements, shapeOf } from "./shapes.js";

/** What has more elements is drawn, and filled when it runs. */
const mostFilled = 65_536;

/** One value everywhere. */
function fill(d: Drawing, elements: readonly Element[], value: Drawn): Drawn {
  const shape = shapeOf(elements);
  const count = product(shape);
  const { tensor, dtype } = value;
  if (tensor !== undefined && count !== undefined && count <= mostFilled && dtype !== "string") {
    const one = Number((tensor.data as Float64Array)[0]);
    if (dtype === "float16" || dtype === "bfloat16") throw d.refuse(`is of ${dtype}`);
    return d.constant(filled(dtype, shape as number[], one));
  }
  return d.result(d.graph.expand(d.draw(value), d.sizeList(elements)), shape, dtype);
}

function like(value: number) {
  return (d: Drawing): Drawn => {
    const x = d.input(0);
    const scalar = d.constant(filled(x.dtype, [], value));
    if (x.shape !== undefined) return fill(d, d.sizesOf(x), scalar);
    return d.result(d.graph.expand(d.draw(scalar), d.graph.shape(d.draw(x))), undefined, x.dtype);
  };
}

function range(d: Drawing): Drawn {
  const { dtype } = d.input(0);
  const all = [0, 1, 2].map((index) => d.elements(d.input(index))?.[0]);
  if (all.every((each): each is number => typeof each === "number")) {
    const [start, limit, step] = all as [number, number, number];
    const count = step === 0 ? Number.NaN : Math.max(0, Math.ceil((limit - start) / step));
    if (!(count <= mostFilled)) throw d.refuse(`makes a list of ${count} numbers`);
    return d.constant(
      integers(
        Array.from({ length: count }, (_, index) => start + index * step),
        [count],
        dtype,
      ),
    );
  }
  const [start, limit, step] = all;
  const size = start === 0 && step === 1 && typeof limit === "object" ? limit.size : null;
  return d.result(d.apply("Range", [d.value(0), d.value(1), d.value(2)]), [size], dtype);
}

/** Tensors that come from no other one. */
export const fills: Handlers = {
  Const: (d) =>
    d.constant(d.node.attributes.get("value")?.tensor?.() ?? new Tensor("float32", [0], new Float32Array(0))),
  Fill: (d) => fill(d, requiredElements(d, 0), d.input(1)),
  ZerosLike: like(0),
  OnesLike: like(1),
  Range: range,
};
