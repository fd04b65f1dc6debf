import type { Drawing } from "../graph/drawing.js";
import type { Drawn } from "../graph/drawn.js";
import type { Handlers } from "./handler.js";

/** Which place each place of the padded dimension comes from. */
function mirrored(size: number, before: number, after: number, edge: 0 | 1): number[] {
  return Array.from({ length: before + size + after }, (_, index) => {
    const place = index - before;
    if (place < 0) return -place - edge;
    return place < size ? place : 2 * size - place - 2 + edge;
  });
}

function mirrorPad(d: Drawing): Drawn {
  const pads = padsOf(d);
  const edge = d.attributeText("mode") === "SYMMETRIC" ? 1 : 0;
  let result = d.input(0);
  for (const [axis, [before, after]] of pads.entries()) {
    if (before === 0 && after === 0) continue;
    const size = d.shapeOf(result)[axis];
    if (typeof size !== "number") throw d.refuse("mirrors a dimension whose size is only known when it runs");
    if (Math.max(before, after) > size - 1 + edge) throw d.malformed("mirrors more than there is");
    const places = d.graph.int64(mirrored(size, before, after, edge));
    result = d.result(
      d.graph.gather(d.draw(result), places, axis),
      d.shapeOf(result).with(axis, before + size + after),
    );
  }
  return result;
}

function padsOf(d: Drawing): [before: number, after: number][] {
  const numbers = d.integers(1, "paddings");
  if (numbers.length % 2 !== 0 || numbers.some((each) => each < 0)) throw d.malformed("has paddings that are none");
  return Array.from({ length: numbers.length / 2 }, (_, axis) => [numbers[axis * 2]!, numbers[axis * 2 + 1]!]);
}

/** With `value` at the edges, or zero. */
export function padded(d: Drawing, x: Drawn, pads: readonly (readonly [number, number])[], value?: Drawn): Drawn {
  if (pads.length !== d.rankOf(x)) throw d.malformed(`pads ${pads.length} of ${d.rankOf(x)} dimensions`);
  if (pads.every(([before, after]) => before === 0 && after === 0)) return x;
  const shape = d.shapeOf(x).map((size, axis) => {
    const [before, after] = pads[axis]!;
    return typeof size === "number" ? size + before + after : before + after === 0 ? size : null;
  });
  const list = d.graph.int64([...pads.map(([before]) => before), ...pads.map(([, after]) => after)]);
  return d.result(
    d.apply("Pad", value === undefined ? [d.draw(x), list] : [d.draw(x), list, d.draw(value)]),
    shape,
    x.dtype,
  );
}

export const padding: Handlers = {
  Pad: (d) => padded(d, d.input(0), padsOf(d)),
  PadV2: (d) => padded(d, d.input(0), padsOf(d), d.input(2)),
  MirrorPad: mirrorPad,
};
