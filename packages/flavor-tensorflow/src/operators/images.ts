import type { Drawing } from "../graph/drawing.js";
import type { Drawn } from "../graph/drawn.js";
import type { Handlers } from "./handler.js";

function wanted(d: Drawing) {
  const x = d.input(0);
  const [height, width, ...more] = d.elements(d.input(1)) ?? [];
  if (height === undefined || width === undefined || more.length > 0) throw d.refuse("resizes to an unknown size");
  if (d.rankOf(x) !== 4) throw d.malformed(`resizes an image of ${d.rankOf(x)} dimensions`);
  const sizes = [height, width].map((each) => (typeof each === "number" ? each : each.size));
  return { x, elements: [height, width], sizes, shape: [d.shapeOf(x)[0]!, ...sizes, d.shapeOf(x)[3]!] };
}

function bilinear(d: Drawing): Drawn {
  const { x, elements, shape } = wanted(d);
  const half = d.attributeBoolean("half_pixel_centers");
  const corners = d.attributeBoolean("align_corners");
  const first = x.dtype === "float32" ? d.channelsFirst(x) : d.graph.cast(d.channelsFirst(x), "float32");
  const attributes = {
    mode: "linear",
    coordinate_transformation_mode: corners ? "align_corners" : half ? "half_pixel" : "asymmetric",
  };
  const [batch, , , channels] = d.sizesOf(x);
  const sizes = d.sizeList([batch!, channels!, ...elements]);
  return d.resultFirst(d.apply("Resize", [first, "", "", sizes], attributes), shape, "float32");
}

/** By the places that TensorFlow computes in float32: other roundings of the same formula take other pixels. */
function nearest(d: Drawing): Drawn {
  const { x, sizes, shape } = wanted(d);
  const half = d.attributeBoolean("half_pixel_centers");
  const corners = d.attributeBoolean("align_corners");
  let value = d.draw(x);
  for (const axis of [1, 2]) {
    const [from, to] = [d.shapeOf(x)[axis], sizes[axis - 1]];
    if (typeof from !== "number" || typeof to !== "number")
      throw d.refuse("resizes sizes that are only known when it runs");
    if (to > 1 << 20) throw d.malformed(`resizes to ${to}`);
    const scale = corners && to > 1 ? Math.fround((from - 1) / (to - 1)) : Math.fround(from / to);
    const places = Array.from({ length: to }, (_, index) => {
      const place = Math.fround((half ? Math.fround(index + 0.5) : index) * scale);
      return Math.min(from - 1, Math.max(0, corners ? Math.round(place) : Math.floor(place)));
    });
    value = d.graph.gather(value, d.graph.int64(places), axis);
  }
  return d.result(value, shape);
}

export const images: Handlers = { ResizeBilinear: bilinear, ResizeNearestNeighbor: nearest };
