import { float, transposeTensor, type Value } from "@modelkeep/onnx";

import type { Drawing } from "../graph/drawing.js";
import type { Drawn } from "../graph/drawn.js";
import { broadcast, type Shape } from "../graph/sizes.js";
import type { Handler, Handlers } from "./handler.js";

/** With its last two axes changed where it is asked for. */
function matrix(d: Drawing, x: Drawn, turned: boolean): { readonly value: () => Value; readonly shape: Shape } {
  const shape = d.shapeOf(x);
  if (shape.length < 2) throw d.malformed(`multiplies a value of ${shape.length} dimensions`);
  if (!turned) return { value: () => d.draw(x), shape };
  const order = shape.map((_, axis) => axis);
  [order[shape.length - 1], order[shape.length - 2]] = [shape.length - 2, shape.length - 1];
  const value = () =>
    x.tensor === undefined ? d.graph.transpose(d.draw(x), order) : d.graph.constant(transposeTensor(x.tensor, order));
  return { value, shape: order.map((axis) => shape[axis]!) };
}

function product(first: string, second: string): Handler {
  return (d) => {
    const a = matrix(d, d.input(0), d.attributeBoolean(first));
    const b = matrix(d, d.input(1), d.attributeBoolean(second));
    const [inner, outer] = [a.shape.at(-1), b.shape.at(-2)];
    if (typeof inner === "number" && typeof outer === "number" && inner !== outer)
      throw d.malformed(`multiplies ${JSON.stringify(a.shape)} with ${JSON.stringify(b.shape)}`);
    const batch = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2))!;
    return d.result(d.graph.matmul(a.value(), b.value()), [...batch, a.shape.at(-2)!, b.shape.at(-1)!]);
  };
}

function einsum(d: Drawing): Drawn {
  const equation = d.attributeText("equation").replaceAll(" ", "");
  const [left = "", right] = equation.split("->");
  const terms = left.split(",");
  if (right === undefined || terms.length !== d.inputs.length)
    throw d.malformed(`has the equation ${JSON.stringify(equation)}`);
  if (equation.includes(".")) throw d.refuse(`has the equation ${equation}, with dimensions left out`);
  const sizes = new Map<string, Shape[number]>();
  for (const [index, term] of terms.entries()) {
    const shape = d.shapeOf(d.input(index));
    if (term.length !== shape.length)
      throw d.malformed(`has the equation ${JSON.stringify(equation)} for ${shape.length} dimensions`);
    for (const [axis, letter] of term.split("").entries()) {
      const known = sizes.get(letter);
      sizes.set(letter, typeof known === "number" ? known : shape[axis]!);
    }
  }
  const shape = right.split("").map((letter) => sizes.get(letter) ?? null);
  return d.result(
    d.apply(
      "Einsum",
      d.inputs.map((each) => d.draw(each)),
      { equation },
    ),
    shape,
  );
}

function normalize(d: Drawing): Drawn | readonly Drawn[] {
  const [x, scale, offset, mean, variance] = [0, 1, 2, 3, 4].map((index) => d.input(index)) as [
    Drawn,
    Drawn,
    Drawn,
    Drawn,
    Drawn,
  ];
  const shape = d.shapeOf(x);
  d.onlyFloat32();
  const epsilon = d.attributeFloat("epsilon", 0.0001);
  const layout = d.attributeText("data_format");
  const first = layout === "NCHW" || layout === "NCDHW";
  const input = first ? d.draw(x) : d.channelsFirst(x);
  const given = (value: Value) => (first ? d.result(value, shape) : d.resultFirst(value, shape));
  if (d.node.attributes.get("is_training")?.boolean === false)
    return given(
      d.apply("BatchNormalization", [input, ...[scale, offset, mean, variance].map((each) => d.draw(each))], {
        epsilon: float(epsilon),
      }),
    );
  // The batch's own mean and variance, which layers use that are no batch normalisation.
  const g = d.graph;
  const axes = shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const perChannel = (each: Drawn) => g.reshape(d.draw(each), [-1, ...shape.slice(2).map(() => 1)]);
  const centred = g.sub(input, g.reduceMean(input, axes, true));
  const spread = g.reduceMean(g.mul(centred, centred), axes, true);
  const unit = g.div(centred, g.sqrt(g.add(spread, d.scalar(epsilon))));
  return given(g.add(g.mul(unit, perChannel(scale)), perChannel(offset)));
}

export const products: Handlers = {
  MatMul: product("transpose_a", "transpose_b"),
  BatchMatMul: product("adj_x", "adj_y"),
  BatchMatMulV2: product("adj_x", "adj_y"),
  BatchMatMulV3: product("adj_x", "adj_y"),
  Einsum: einsum,
  FusedBatchNorm: normalize,
  FusedBatchNormV2: normalize,
  FusedBatchNormV3: normalize,
};
