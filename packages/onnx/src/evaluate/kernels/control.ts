import { ModelkeepError } from "@modelkeep/core";

import { given, type KernelFactory, type KernelTable } from "../kernel.js";
import { count, type Numbers, type Value, zeros } from "../value.js";

/** A loop that goes on longer, with those within it, is taken for one without an end. */
const mostRounds = 10_000;

const truth = (value: Value | undefined): boolean => value === undefined || (value.data as Numbers)[0] !== 0;

/** Rounds that were gone in this run of the outermost loop, of which a loop within adds its own. Nothing of it is asynchronous. */
const running = { loops: 0, rounds: 0 };

function countRound(): void {
  if (running.rounds++ === mostRounds)
    throw new ModelkeepError("limit_exceeded", `A loop goes on for more than ${mostRounds} rounds`);
}

/** Whatever happens in it, the loop ends. */
function inLoop<T>(work: () => T): T {
  if (running.loops++ === 0) running.rounds = 0;
  try {
    return work();
  } finally {
    running.loops--;
  }
}

/** What each round gives, along a first dimension of its own. */
function joined(rounds: readonly Value[]): Value {
  const [first] = rounds;
  if (first === undefined)
    throw new ModelkeepError(
      "unsupported",
      "The JavaScript evaluator can't collect the rounds of a loop that has none",
    );
  const { dtype, shape } = first;
  if (rounds.some((each) => each.dtype !== dtype || each.shape.join() !== shape.join()))
    throw new ModelkeepError("malformed", "A loop collects values of different shapes");
  const whole = [rounds.length, ...shape];
  if (dtype === "string") return { dtype, shape: whole, data: rounds.flatMap(({ data }) => data as readonly string[]) };
  const data = zeros(dtype, count(whole));
  for (const [round, each] of rounds.entries()) data.set(each.data as Numbers, round * each.data.length);
  return { dtype, shape: whole, data };
}

/** With values that are carried from round to round, and those that are collected. */
const loop: KernelFactory = (node) => {
  const body = node.graph("body");
  const own = node.node.input.length;
  const carriedCount = Math.max(0, own - 2);
  const collectedCount = Math.max(0, node.node.output.length - carriedCount);
  const rounds = (inputs: readonly (Value | undefined)[]): readonly Value[] => {
    const limit = inputs[0] === undefined ? Infinity : (inputs[0].data as Numbers)[0]!;
    let condition = inputs[1];
    let carried = inputs.slice(2, own);
    const outer = inputs.slice(own);
    const collected = Array.from({ length: collectedCount }, (): Value[] => []);
    for (let round = 0; round < limit && truth(condition); round++) {
      countRound();
      const counter: Value = { dtype: "int64", shape: [], data: Float64Array.of(round) };
      const going: Value = { dtype: "bool", shape: [], data: Uint8Array.of(1) };
      const [next, ...values] = body.run([counter, going, ...carried], outer);
      condition = next;
      carried = values.slice(0, carriedCount);
      for (const [at, list] of collected.entries()) list.push(given(values, carriedCount + at));
    }
    return [...carried.map((_, at) => given(carried, at)), ...collected.map(joined)];
  };
  return (inputs) => inLoop(() => rounds(inputs));
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
