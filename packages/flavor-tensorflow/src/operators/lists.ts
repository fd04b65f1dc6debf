import type { Drawing } from "../graph/drawing.js";
import type { Drawn, TensorList } from "../graph/drawn.js";
import type { Handlers } from "./handler.js";

function listOf(d: Drawing): TensorList {
  const { list } = d.input(0);
  if (list === undefined) throw d.refuse("reads something that is no list");
  return list;
}

function stackedOf(d: Drawing): Drawn {
  const { stacked } = listOf(d);
  if (stacked === undefined) throw d.refuse("reads a list that nothing has filled, or that a loop is filling");
  return stacked;
}

const listed = (d: Drawing, list: TensorList): Drawn => ({
  dtype: d.attributeType("element_dtype", "float32"),
  shape: [],
  list,
});

function read(d: Drawing): Drawn {
  const stacked = stackedOf(d);
  return d.result(d.graph.gather(d.draw(stacked), d.value(1)), d.shapeOf(stacked).slice(1), stacked.dtype);
}

function write(d: Drawing): Drawn {
  if (listOf(d).writing !== true) throw d.refuse("writes to a list outside of a loop");
  return listed(d, { written: { place: d.input(1), item: d.input(2) } });
}

function length(d: Drawing): Drawn {
  const { stacked, count } = listOf(d);
  const known = count ?? (stacked && d.sizesOf(stacked)[0]);
  if (known === undefined) throw d.refuse("asks for the length of a list that a loop is filling");
  return d.sizes([known], 0, "int32");
}

/** Lists of tensors, in which loops keep what they read and write. */
export const lists: Handlers = {
  TensorListFromTensor: (d) => listed(d, { stacked: d.input(0) }),
  TensorListReserve: (d) => {
    const [count] = d.elements(d.input(1)) ?? [];
    if (count === undefined) throw d.refuse("has a length that is none");
    return listed(d, { count });
  },
  TensorListGetItem: read,
  TensorListSetItem: write,
  TensorListStack: stackedOf,
  TensorListLength: length,
};
