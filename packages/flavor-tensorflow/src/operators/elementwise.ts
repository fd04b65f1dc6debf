import type { DType } from "@modelkeep/core";
import { float, int, type Value } from "@modelkeep/onnx";

import { type Drawing, filled } from "../graph/drawing.js";
import type { Drawn } from "../graph/drawn.js";
import { broadcast } from "../graph/sizes.js";
import { elementArithmetic } from "./element-arithmetic.js";
import type { Handler, Handlers } from "./handler.js";

type Unary = (drawing: Drawing, x: Value) => Value;
type Binary = (drawing: Drawing, a: Value, b: Value) => Value;

/** In whichever layout the input lies. */
export function unary(draw: Unary, dtype?: DType): Handler {
  return (d) => {
    const x = d.input(0);
    const type = dtype ?? x.dtype;
    return liesFirst(x)
      ? d.resultFirst(draw(d, x.channelsFirst!), x.shape!, type)
      : d.result(draw(d, d.draw(x)), x.shape, type);
  };
}

/** Of float32 alone. */
function single(draw: Unary): Handler {
  const handler = unary(draw);
  return (d) => {
    d.onlyFloat32();
    return handler(d);
  };
}

/** An ONNX operator of the same meaning. */
const same = (type: string): Handler => unary((d, x) => d.apply(type, [x]));
const sameSingle = (type: string): Handler => single((d, x) => d.apply(type, [x]));

function binary(draw: Binary, dtype?: DType): Handler {
  return (d) => {
    const [a, b] = [d.input(0), d.input(1)];
    const known = elementArithmetic(d, a, b);
    if (known !== undefined) return known;
    return combine(d, a, b, (x, y) => draw(d, x, y), dtype ?? a.dtype);
  };
}

/** Two values that meet as in NumPy, both with channels first where one lies so and the other can follow. */
export function combine(d: Drawing, a: Drawn, b: Drawn, draw: (a: Value, b: Value) => Value, dtype: DType): Drawn {
  const shape = broadcast(a.shape, b.shape);
  if ((liesFirst(a) || liesFirst(b)) && canFollow(a, b))
    return d.resultFirst(draw(following(d, a, shape!.length), following(d, b, shape!.length)), shape!, dtype);
  return d.result(draw(d.draw(a), d.draw(b)), shape, dtype);
}

export function liesFirst(drawn: Drawn): boolean {
  return drawn.value === undefined && drawn.channelsFirst !== undefined;
}

function canFollow(a: Drawn, b: Drawn): boolean {
  if (a.shape === undefined || b.shape === undefined) return false;
  const rank = Math.max(a.shape.length, b.shape.length);
  return [a.shape, b.shape].every((shape) => shape.length === rank || shape.length <= 1);
}

function following(d: Drawing, drawn: Drawn, rank: number): Value {
  if (drawn.shape!.length === rank) return d.channelsFirst(drawn);
  if (drawn.shape!.length === 0) return d.draw(drawn);
  // One number for each channel.
  return d.graph.reshape(d.draw(drawn), [-1, ...Array.from({ length: rank - 2 }, () => 1)]);
}

const plain = (type: string): Handler => binary((d, a, b) => d.apply(type, [a, b]));
const compared = (type: string): Handler => binary((d, a, b) => d.apply(type, [a, b]), "bool");

const isInteger = (dtype: DType) => dtype.startsWith("int") || dtype.startsWith("uint");

/** Towards minus infinity, with integers too. */
function floorDivide(d: Drawing, a: Value, b: Value): Value {
  const g = d.graph;
  if (!isInteger(d.input(0).dtype)) return g.floor(g.div(a, b));
  return g.div(g.sub(a, d.apply("Mod", [a, b])), b);
}

/** With the sign of the divisor. */
function floorModulo(d: Drawing, a: Value, b: Value): Value {
  const g = d.graph;
  if (isInteger(d.input(0).dtype)) return d.apply("Mod", [a, b]);
  const rest = d.apply("Mod", [a, b], { fmod: int(1) });
  const zero = d.scalar(0);
  const otherSign = g.apply("Xor", [g.less(rest, zero), g.less(b, zero)]);
  return g.where(g.and(g.not(g.equal(rest, zero)), otherSign), g.add(rest, b), rest);
}

const notEqual: Binary = (d, a, b) => d.graph.not(d.graph.equal(a, b));

const divideNoNaN: Binary = (d, a, b) => {
  const g = d.graph;
  const zero = d.scalar(0);
  const none = g.equal(b, zero);
  return g.where(none, zero, g.div(a, g.where(none, d.scalar(1), b)));
};

export const elementwise: Handlers = {
  Add: plain("Add"),
  AddV2: plain("Add"),
  Sub: plain("Sub"),
  Mul: plain("Mul"),
  RealDiv: plain("Div"),
  Div: plain("Div"),
  TruncateDiv: plain("Div"),
  FloorDiv: binary(floorDivide),
  FloorMod: binary(floorModulo),
  Mod: binary((d, a, b) => d.apply("Mod", [a, b], { fmod: int(1) })),
  DivNoNan: binary(divideNoNaN),
  Maximum: plain("Max"),
  Minimum: plain("Min"),
  Pow: plain("Pow"),
  SquaredDifference: binary((d, a, b) => {
    const difference = d.graph.sub(a, b);
    return d.graph.mul(difference, difference);
  }),
  Equal: compared("Equal"),
  NotEqual: binary(notEqual, "bool"),
  Less: compared("Less"),
  LessEqual: compared("LessOrEqual"),
  Greater: compared("Greater"),
  GreaterEqual: compared("GreaterOrEqual"),
  LogicalAnd: compared("And"),
  LogicalOr: compared("Or"),
  LogicalNot: same("Not"),
  AddN: (d) =>
    d.result(
      d.apply(
        "Sum",
        d.inputs.map((each) => d.draw(each)),
      ),
      d.inputs.map(({ shape }) => shape).reduce(broadcast),
    ),

  Neg: same("Neg"),
  Abs: same("Abs"),
  Sign: same("Sign"),
  Floor: same("Floor"),
  Ceil: same("Ceil"),
  Rint: same("Round"),
  Round: unary((d, x) => (isInteger(d.input(0).dtype) ? x : d.apply("Round", [x]))),
  Exp: same("Exp"),
  Expm1: unary((d, x) => d.graph.sub(d.graph.exp(x), d.scalar(1))),
  Log: same("Log"),
  Log1p: unary((d, x) => d.graph.log(d.graph.add(x, d.scalar(1)))),
  Sqrt: same("Sqrt"),
  Rsqrt: unary((d, x) => d.graph.reciprocal(d.graph.sqrt(x))),
  Reciprocal: same("Reciprocal"),
  Inv: same("Reciprocal"),
  Square: unary((d, x) => d.graph.mul(x, x)),
  Sin: same("Sin"),
  Cos: same("Cos"),
  Tan: sameSingle("Tan"),
  Asin: sameSingle("Asin"),
  Acos: sameSingle("Acos"),
  Atan: sameSingle("Atan"),
  Sinh: sameSingle("Sinh"),
  Cosh: sameSingle("Cosh"),
  Asinh: sameSingle("Asinh"),
  Acosh: sameSingle("Acosh"),
  Atanh: sameSingle("Atanh"),
  Erf: sameSingle("Erf"),
  Erfc: single((d, x) => d.graph.sub(d.scalar(1), d.apply("Erf", [x]))),
  IsNan: unary((d, x) => d.graph.isNaN(x), "bool"),
  IsInf: unary((d, x) => d.apply("IsInf", [x]), "bool"),
  IsFinite: unary((d, x) => d.graph.not(d.graph.or(d.graph.isNaN(x), d.apply("IsInf", [x]))), "bool"),

  Relu: same("Relu"),
  Relu6: unary((d, x) => d.graph.min(d.graph.max(x, d.scalar(0)), d.scalar(6))),
  LeakyRelu: single((d, x) => d.apply("LeakyRelu", [x], { alpha: float(d.attributeFloat("alpha", 0.2)) })),
  // Of TensorFlow.js: one part or the other is zero.
  Prelu: (d) => {
    const x = d.input(0);
    const zero = d.constant(filled(x.dtype, [], 0));
    const above = combine(d, x, zero, (a, b) => d.graph.max(a, b), x.dtype);
    const below = combine(d, x, zero, (a, b) => d.graph.min(a, b), x.dtype);
    const scaled = combine(d, below, d.input(1), (a, b) => d.graph.mul(a, b), x.dtype);
    return combine(d, above, scaled, (a, b) => d.graph.add(a, b), x.dtype);
  },
  Elu: sameSingle("Elu"),
  Selu: sameSingle("Selu"),
  Sigmoid: same("Sigmoid"),
  Tanh: same("Tanh"),
  Softplus: sameSingle("Softplus"),
  Softsign: sameSingle("Softsign"),
  ClipByValue: (d) => {
    const low = combine(d, d.input(0), d.input(1), (a, b) => d.graph.max(a, b), d.input(0).dtype);
    return combine(d, low, d.input(2), (a, b) => d.graph.min(a, b), low.dtype);
  },
};
