import type { Value } from "@modelkeep/onnx";

import type { DrawContext } from "./draw-context.js";
import { drawFunction, forWithin, functionOf, innerContext } from "./draw-function.js";
import { Drawing } from "./drawing.js";
import type { Drawn } from "./drawn.js";
import type { FlatFunction, FlatNode, Reference } from "./flatten.js";
import type { Shape } from "./sizes.js";

export function isLoop({ operator }: FlatNode): boolean {
  return operator === "While" || operator === "StatelessWhile";
}

/**
 * A loop as ONNX's Loop. What it carries from turn to turn are states, but for what never changes, which is read from
 * outside, and for the lists it fills in order, which ONNX gathers by itself.
 */
export function drawLoop(d: Drawing, context: DrawContext): readonly Drawn[] {
  const inner = innerContext(d, context);
  const condition = functionOf(d, context, "cond", d.inputs.length, 1);
  const body = functionOf(d, context, "body", d.inputs.length, d.inputs.length);
  const begins = drawFunction(d, d.graph, condition, d.inputs, inner);
  const nested = d.graph.nested("loop");
  nested.input(d.graph.fresh("turn"), "int64", []);
  nested.input(d.graph.fresh("goes_on"), "bool", []);
  const kinds = body.results.map((result, index) => kindOf(d, body, result, index));
  const within = d.inputs.map((outside, index): Drawn => {
    if (kinds[index] === "same") return forWithin(d, outside);
    if (kinds[index] === "list") return { ...outside, list: { writing: true } };
    const shape = d.shapeOf(outside);
    return { dtype: outside.dtype, shape, value: nested.input(d.graph.fresh("state"), outside.dtype, shape) };
  });
  const after = drawFunction(d, nested, body, within, inner);
  const continues = drawFunction(
    d,
    nested,
    condition,
    after?.map((each, index) => (kinds[index] === "same" ? within[index]! : each)),
    inner,
  );
  // What stood in the way has been noted where it stands.
  if (begins === undefined || after === undefined || continues === undefined)
    throw d.refuse("has something in the way within it");

  const inside = new Drawing(nested, d.node, []);
  nested.output(d.graph.fresh("continues"), inside.draw(continues[0]!), "bool", []);
  const states: number[] = [];
  const lists: { readonly index: number; readonly item: Drawn; readonly single: boolean }[] = [];
  for (const [index, result] of after.entries()) {
    if (kinds[index] === "state") {
      checkState(d, within[index]!, result);
      nested.output(d.graph.fresh("next"), inside.draw(result), result.dtype, result.shape!);
      states.push(index);
    } else if (kinds[index] === "list") lists.push(writtenList(d, body, index, result, within));
  }
  for (const { item } of lists) nested.output(d.graph.fresh("item"), inside.draw(item), item.dtype, d.shapeOf(item));

  const initial = ["", d.draw(begins[0]!), ...states.map((index) => d.draw(d.inputs[index]!))];
  const values = d.graph.op("", "Loop", initial, { body: nested.graph() }, { outputs: states.length + lists.length });
  return d.inputs.map((outside, index) => {
    const state = states.indexOf(index);
    if (state >= 0) return d.result(values[state]!, after[index]!.shape, outside.dtype);
    const place = lists.findIndex((each) => each.index === index);
    return place < 0 ? outside : listAfter(d, outside, lists[place]!, values[states.length + place]!);
  });
}

type Kind = "same" | "list" | "state";

function kindOf(d: Drawing, body: FlatFunction, result: Reference, index: number): Kind {
  if (result.node === body.parameters[index]) return "same";
  const { list, table } = d.input(index);
  if (table !== undefined) throw d.refuse("changes a table");
  return list === undefined ? "state" : "list";
}

/** What was drawn within holds for every turn only where a state keeps its shape. */
function checkState(d: Drawing, before: Drawn, after: Drawn): void {
  const [a, b] = [d.shapeOf(before), after.shape];
  const changed = b?.length !== a.length || a.some((size, axis) => typeof size === "number" && b[axis] !== size);
  if (changed || before.dtype !== after.dtype) throw d.refuse("changes the shape of what it carries from turn to turn");
}

/** A list is written at the place of a counter, so that its items come in order; or always at its only place. */
function writtenList(d: Drawing, body: FlatFunction, index: number, { list }: Drawn, within: readonly Drawn[]) {
  if (list?.written === undefined) throw d.refuse("does more with a list than to write to it once in each turn");
  const { place, item } = list.written;
  const { count } = d.input(index).list ?? {};
  const single = count === 1 && Number(place.tensor?.data[0]) === 0;
  const counter = within.indexOf(place);
  if (!single && (counter < 0 || !countsUp(d, body, counter)))
    throw d.refuse("writes to a list in another order than its own");
  return { index, item, single };
}

/** From 0, by one in each turn. */
function countsUp(d: Drawing, body: FlatFunction, index: number): boolean {
  const { node } = body.results[index]!;
  const [from, step] = node.inputs;
  const one = step?.node.attributes.get("value")?.tensor?.();
  const start = d.input(index).tensor;
  return (
    (node.operator === "AddV2" || node.operator === "Add") &&
    from?.node === body.parameters[index] &&
    one?.size === 1 &&
    Number(one.data[0]) === 1 &&
    start?.size === 1 &&
    Number(start.data[0]) === 0
  );
}

function listAfter(
  d: Drawing,
  outside: Drawn,
  { item, single }: { readonly item: Drawn; readonly single: boolean },
  value: Value,
): Drawn {
  const { count } = outside.list!;
  const sizes = item.shape!;
  const length = typeof count === "number" ? count : (count?.size ?? null);
  const whole: Shape = [single ? 1 : length, ...sizes];
  const stacked = single ? d.graph.slice(value, [-1], [2_147_483_647], [0]) : value;
  return { ...outside, list: { stacked: d.result(stacked, whole, item.dtype), ...(count !== undefined && { count }) } };
}
