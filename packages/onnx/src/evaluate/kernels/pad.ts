import { given, type KernelFactory, type KernelTable } from "../kernel.js";
import { axisOf, count, type Numbers, stridesOf, zeros } from "../value.js";

/** With a constant, 0 unless one is given. Negative pads, which cut, are not known here. */
const pad: KernelFactory = (node) => {
  const mode = node.text("mode") ?? "constant";
  if (mode !== "constant") throw node.unsupported(`pads by the mode ${mode}`);
  return (inputs) => {
    const x = given(inputs, 0);
    const { dtype } = x;
    const rank = x.shape.length;
    const pads = Array.from(given(inputs, 1).data as Numbers);
    if (dtype === "string" || pads.some((each) => each < 0))
      throw node.unsupported("pads texts, or by less than nothing");
    const axes = inputs[3] === undefined ? x.shape.map((_, axis) => axis) : Array.from(inputs[3].data as Numbers);
    const before = x.shape.map(() => 0);
    const shape = [...x.shape];
    for (const [at, each] of axes.entries()) {
      const axis = axisOf(each, rank);
      before[axis] = pads[at]!;
      shape[axis] = x.shape[axis]! + pads[at]! + pads[at + axes.length]!;
    }
    const data = zeros(dtype, count(shape)).fill(((inputs[2]?.data as Numbers | undefined) ?? [0])[0]!);
    const strides = stridesOf(shape);
    const length = x.shape.at(-1) ?? 1;
    const position = x.shape.slice(0, -1).map(() => 0);
    let target = before.reduce((sum, each, axis) => sum + each * strides[axis]!, 0);
    // Row by row of the last axis, walking over the others.
    for (let start = 0; start < x.data.length; start += length) {
      data.set((x.data as Numbers).subarray(start, start + length), target);
      for (let axis = rank - 2; axis >= 0; axis--) {
        target += strides[axis]!;
        if (++position[axis]! < x.shape[axis]!) break;
        target -= strides[axis]! * x.shape[axis]!;
        position[axis] = 0;
      }
    }
    return [{ dtype, shape, data }];
  };
};

export const paddings: KernelTable = { Pad: pad };
