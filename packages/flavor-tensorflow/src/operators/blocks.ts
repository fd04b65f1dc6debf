import { int } from "@modelkeep/onnx";

import type { Drawing } from "../graph/drawing.js";
import type { Drawn } from "../graph/drawn.js";
import { remaining, type Size } from "../graph/sizes.js";
import type { Handler, Handlers } from "./handler.js";
import { padded } from "./padding.js";
import { checkLayout, ones } from "./window.js";

/** Blocks of an image become rows of the batch: how TensorFlow dilates. */
function spaceToBatch(d: Drawing): Drawn {
  const block = d.integers(1, "blocks");
  const numbers = d.integers(2, "paddings");
  const count = block.length;
  const whole = d.input(0);
  const rest = d.rankOf(whole) - 1 - count;
  const pads = [
    [0, 0],
    ...block.map((_, axis) => [numbers[axis * 2]!, numbers[axis * 2 + 1]!]),
    ...ones(rest).map(() => [0, 0]),
  ];
  const x = padded(d, whole, pads as [number, number][]);
  const [batch, ...shape] = d.shapeOf(x);
  const cut = shape.slice(0, count).map((size, axis) => {
    if (typeof size !== "number") throw d.refuse("cuts an image into blocks whose size is only known when it runs");
    if (size % block[axis]! !== 0) throw d.malformed(`cuts ${size} into blocks of ${block[axis]}`);
    return size / block[axis]!;
  });
  const others = numbersOf(d, shape.slice(count));
  const parts = d.graph.reshape(d.draw(x), [-1, ...cut.flatMap((size, axis) => [size, block[axis]!]), ...others]);
  const order = [
    ...block.map((_, axis) => axis * 2 + 2),
    0,
    ...block.map((_, axis) => axis * 2 + 1),
    ...others.map((_, axis) => axis + 1 + count * 2),
  ];
  const rows = d.graph.reshape(d.graph.transpose(parts, order), [-1, ...cut, ...others]);
  const factor = block.reduce((product, size) => product * size, 1);
  return d.result(rows, [typeof batch === "number" ? batch * factor : null, ...cut, ...others]);
}

function batchToSpace(d: Drawing): Drawn {
  const block = d.integers(1, "blocks");
  const crops = d.integers(2, "crops");
  const x = d.input(0);
  const count = block.length;
  const [batch, ...shape] = d.shapeOf(x);
  const cut = numbersOf(d, shape.slice(0, count));
  const others = numbersOf(d, shape.slice(count));
  const factor = block.reduce((product, size) => product * size, 1);
  const parts = d.graph.reshape(d.draw(x), [...block, -1, ...cut, ...others]);
  const order = [
    count,
    ...cut.flatMap((_, axis) => [count + 1 + axis, axis]),
    ...others.map((_, axis) => axis + 1 + count * 2),
  ];
  const grown = cut.map((size, axis) => size * block[axis]!);
  const whole = d.graph.reshape(d.graph.transpose(parts, order), [-1, ...grown, ...others]);
  const ends = grown.map((size, axis) => size - crops[axis * 2 + 1]!);
  const starts = grown.map((_, axis) => crops[axis * 2]!);
  const value = crops.every((each) => each === 0)
    ? whole
    : d.graph.slice(
        whole,
        starts,
        ends,
        starts.map((_, axis) => axis + 1),
      );
  const rows = typeof batch === "number" ? remaining([batch], [factor]) : null;
  return d.result(value, [rows, ...ends.map((end, axis) => end - starts[axis]!), ...others]);
}

function numbersOf(d: Drawing, sizes: readonly Size[]): readonly number[] {
  if (sizes.every((size) => typeof size === "number")) return sizes;
  throw d.refuse("cuts an image into blocks whose size is only known when it runs");
}

function rearranged(type: "DepthToSpace" | "SpaceToDepth"): Handler {
  return (d) => {
    const x = d.input(0);
    checkLayout(d, x, 4);
    const size = d.attributeInteger("block_size");
    const [batch, height, width, channels] = numbersFrom(d, x);
    const grows = type === "DepthToSpace";
    const scaled = (each: number) => (grows ? each * size : each / size);
    const depth = grows ? channels / size ** 2 : channels * size ** 2;
    if (![scaled(height), scaled(width), depth].every(Number.isSafeInteger)) throw d.malformed(`has blocks of ${size}`);
    const value = d.apply(type, [d.channelsFirst(x)], { blocksize: int(size) });
    return d.resultFirst(value, [batch, scaled(height), scaled(width), depth]);
  };
}

function numbersFrom(d: Drawing, x: Drawn): readonly [Size, number, number, number] {
  const [batch, ...rest] = d.shapeOf(x);
  const [height, width, channels] = numbersOf(d, rest) as [number, number, number];
  return [batch!, height, width, channels];
}

export const blocks: Handlers = {
  SpaceToBatchND: spaceToBatch,
  BatchToSpaceND: batchToSpace,
  DepthToSpace: rearranged("DepthToSpace"),
  SpaceToDepth: rearranged("SpaceToDepth"),
};
