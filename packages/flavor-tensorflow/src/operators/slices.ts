import type { Drawing } from "../graph/drawing.js";
import type { Drawn, Element } from "../graph/drawn.js";
import type { Size } from "../graph/sizes.js";
import { expand } from "./shapes.js";
import type { Handlers } from "./handler.js";

/** Beyond every size. */
const far = 2_147_483_647;

interface Cut {
  readonly axis: number;
  readonly start: Element;
  readonly end: Element;
  readonly step: number;
  /** Only one place is taken, and the dimension goes. */
  readonly single: boolean;
}

/** Which parts the lists and masks of StridedSlice mean, and where dimensions of size 1 come in. */
function readCuts(d: Drawing, rank: number): { readonly cuts: readonly Cut[]; readonly added: readonly number[] } {
  const lists = [1, 2].map((index) => d.elements(d.input(index)));
  const [starts, ends] = lists;
  const steps = d.integers(3, "steps");
  if (starts === undefined || ends === undefined) throw d.refuse("has places of unknown number");
  if (starts.length !== steps.length || ends.length !== steps.length)
    throw d.malformed("has lists of different lengths");
  const mask = (name: string, index: number) => ((d.attributeInteger(name) >> index) & 1) === 1;
  const isNew = (index: number) => mask("new_axis_mask", index) && !mask("ellipsis_mask", index);
  const consumed = steps.filter((_, index) => !isNew(index) && !mask("ellipsis_mask", index)).length;
  if (consumed > rank) throw d.malformed(`cuts ${consumed} of ${rank} dimensions`);
  const cuts: Cut[] = [];
  const added: number[] = [];
  let [axis, place] = [0, 0];
  for (const [index, step] of steps.entries()) {
    if (mask("ellipsis_mask", index)) {
      axis += rank - consumed;
      place += rank - consumed;
    } else if (isNew(index)) added.push(place++);
    else {
      const single = mask("shrink_axis_mask", index);
      if (step === 0) throw d.malformed("has a step of 0");
      const start = mask("begin_mask", index) && !single ? (step > 0 ? 0 : far) : starts[index]!;
      const end = mask("end_mask", index) && !single ? (step > 0 ? far : -far) : ends[index]!;
      cuts.push({ axis, start, end, step, single });
      axis++;
      if (!single) place++;
    }
  }
  return { cuts, added };
}

/** How many places are taken; the same size where all are. */
function sizeAfter(size: Size, { start, end, step }: Omit<Cut, "axis" | "single">): Size {
  if (step === 1 && start === 0 && end === far) return size;
  if (step === -1 && start === far && end === -far) return size;
  if (typeof start !== "number" || typeof end !== "number" || typeof size !== "number") return null;
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? size : size - 1;
  const clamp = (place: number) =>
    Math.min(high, Math.max(low, place < 0 && place > -far ? place + size : place === -far ? low : place));
  return Math.max(0, Math.ceil((clamp(end) - clamp(start)) / step));
}

function cut(d: Drawing, x: Drawn, cuts: readonly Omit<Cut, "single">[]): Drawn {
  const real = cuts.filter(({ start, end, step }) => !(step === 1 && start === 0 && end === far));
  if (real.length === 0) return x;
  const shape = d.shapeOf(x).map((size, axis) => {
    const own = real.find((each) => each.axis === axis);
    return own === undefined ? size : sizeAfter(size, own);
  });
  const list = (part: (each: Omit<Cut, "single">) => Element) => d.sizeList(real.map(part));
  const inputs = [
    d.draw(x),
    list(({ start }) => start),
    list(({ end }) => end),
    d.graph.int64(real.map(({ axis }) => axis)),
  ];
  if (real.some(({ step }) => step !== 1)) inputs.push(d.graph.int64(real.map(({ step }) => step)));
  return d.result(d.apply("Slice", inputs), shape, x.dtype);
}

function stridedSlice(d: Drawing): Drawn {
  const x = d.input(0);
  const rank = d.rankOf(x);
  const { cuts, added } = readCuts(d, rank);
  const own = (x.tensor ?? x.elements) === undefined ? undefined : d.elements(x);
  const [only] = cuts;
  if (own !== undefined && rank === 1 && added.length === 0 && cuts.length === 1) {
    const taken = cutList(own, only!);
    if (taken !== undefined) return d.sizes(taken, only!.single ? 0 : 1, x.dtype);
  }
  let result = cut(
    d,
    x,
    cuts.filter(({ single }) => !single),
  );
  for (const { axis, start } of cuts.filter(({ single }) => single).toReversed()) {
    const index = typeof start === "number" ? d.graph.int64(start) : d.graph.reshape(start.draw(), []);
    result = d.result(d.graph.gather(d.draw(result), index, axis), d.shapeOf(result).toSpliced(axis, 1), x.dtype);
  }
  return added.length === 0 ? result : expand(d, result, added);
}

/** Of a list whose elements are followed one by one. */
function cutList(list: readonly Element[], { start, end, step, single }: Cut): readonly Element[] | undefined {
  if (typeof start !== "number" || typeof end !== "number") return undefined;
  if (single) {
    const element = list.at(start);
    return element === undefined ? undefined : [element];
  }
  const count = sizeAfter(list.length, { start, end, step }) as number;
  const from = Math.min(step > 0 ? list.length : list.length - 1, Math.max(0, start < 0 ? start + list.length : start));
  return Array.from({ length: count }, (_, index) => list[from + index * step]!);
}

function slice(d: Drawing): Drawn {
  const x = d.input(0);
  const rank = d.rankOf(x);
  const [starts, sizes] = [d.elements(d.input(1)), d.elements(d.input(2))];
  if (starts?.length !== rank || sizes?.length !== rank) throw d.refuse("has places of unknown number");
  const cuts = starts.map((start, axis) => {
    const size = sizes[axis]!;
    if (size === -1) return { axis, start, end: far, step: 1 };
    if (typeof start === "number" && typeof size === "number") return { axis, start, end: start + size, step: 1 };
    const end = { size: null, draw: () => d.graph.add(d.sizeList([start]), d.sizeList([size])) };
    return { axis, start, end: start === 0 ? size : end, step: 1 };
  });
  const result = cut(d, x, cuts);
  // A size that is computed is that of the result.
  const shape = d.shapeOf(result).map((size, axis) => {
    const wanted = sizes[axis]!;
    return size === null && wanted !== -1 ? (typeof wanted === "number" ? wanted : wanted.size) : size;
  });
  return { ...result, shape };
}

function reverse(d: Drawing): Drawn {
  const x = d.input(0);
  const axes = d.integers(1, "axes").map((axis) => d.axis(axis, d.rankOf(x)));
  return cut(
    d,
    x,
    axes.map((axis) => ({ axis, start: far, end: -far, step: -1 })),
  );
}

/** What leaves at one end comes back at the other. */
function roll(d: Drawing): Drawn {
  const axes = d.integers(2, "axes").map((axis) => d.axis(axis, d.rankOf(d.input(0))));
  let result = d.input(0);
  for (const [index, shift] of d.integers(1, "shifts").entries()) {
    const axis = axes[index];
    const size = axis === undefined ? undefined : d.shapeOf(result)[axis];
    if (axis === undefined || typeof size !== "number")
      throw d.refuse("rolls a dimension whose size is only known when it runs");
    const from = size === 0 ? 0 : (((size - shift) % size) + size) % size;
    if (from === 0) continue;
    const parts = [
      d.graph.slice(d.draw(result), [from], [far], [axis]),
      d.graph.slice(d.draw(result), [0], [from], [axis]),
    ];
    result = d.result(d.graph.concat(parts, axis), result.shape);
  }
  return result;
}

/** Places of what is true, one row for each. */
function where(d: Drawing): Drawn {
  const x = d.input(0);
  return d.result(d.graph.transpose(d.apply("NonZero", [d.draw(x)]), [1, 0]), [null, d.rankOf(x)], "int64");
}

export const slices: Handlers = {
  StridedSlice: stridedSlice,
  Slice: slice,
  ReverseV2: reverse,
  Roll: roll,
  Where: where,
};
