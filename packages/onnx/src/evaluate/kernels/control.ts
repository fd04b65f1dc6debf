import { ModelkeepError } from "@modelkeep/core";

import type { OnnxNode } from "../../model.js";
import { allNodes, graphsOf } from "../../walk-graphs.js";
import { given, type KernelFactory, type KernelTable } from "../kernel.js";
import type { Numbers, Value } from "../value.js";

/** A loop that goes on longer is taken for one without an end. */
const mostRounds = 10_000;

const truth = (value: Value | undefined): boolean => value === undefined || (value.data as Numbers)[0] !== 0;

function hasLoop(node: OnnxNode): boolean {
  const bodies = node.attribute.flatMap(graphsOf);
  return bodies.some((graph) => [...allNodes({ opsetImport: [], graph })].some(({ opType }) => opType === "Loop"));
}

/** With values that are carried from round to round; without outputs that grow by each round. */
const loop: KernelFactory = (node) => {
  const body = node.graph("body");
  const own = node.node.input.length;
  const carriedCount = Math.max(0, own - 2);
  if (node.node.output.length > carriedCount) throw node.unsupported("collects its rounds");
  if (hasLoop(node.node)) throw node.unsupported("has a loop within");
  return (inputs) => {
    const limit = inputs[0] === undefined ? Infinity : (inputs[0].data as Numbers)[0]!;
    let condition = inputs[1];
    let carried = inputs.slice(2, own);
    const outer = inputs.slice(own);
    for (let round = 0; round < limit && truth(condition); round++) {
      if (round === mostRounds)
        throw new ModelkeepError("limit_exceeded", `A loop goes on for more than ${mostRounds} rounds`);
      const counter: Value = { dtype: "int64", shape: [], data: Float64Array.of(round) };
      const going: Value = { dtype: "bool", shape: [], data: Uint8Array.of(1) };
      [condition, ...carried] = body.run([counter, going, ...carried], outer);
    }
    return carried.map((_, at) => given(carried, at));
  };
};

const choice: KernelFactory = (node) => {
  const yes = node.graph("then_branch");
  const no = node.graph("else_branch");
  return (inputs) => {
    const outer = inputs.slice(1);
    return truth(given(inputs, 0))
      ? yes.run([], outer.slice(0, yes.outerNames.length))
      : no.run([], outer.slice(yes.outerNames.length));
  };
};

export const controls: KernelTable = { Loop: loop, If: choice };
