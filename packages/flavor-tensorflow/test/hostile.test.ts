import { isModelkeepError, Tensor } from "@modelkeep/core";
import { fuzzDecoder } from "@modelkeep/testkit";
import { describe, expect, test } from "vitest";

import { convertSavedModel } from "../src/index.js";
import { outcome } from "./outcome.js";
import { readRecordings, runNative } from "./recordings.js";
import {
  call,
  constant,
  functionOf,
  integer,
  integers,
  message,
  node,
  savedModel,
  text,
  type,
} from "./saved-model-writer.js";

const float = type(1);

test("what is written here is a SavedModel when nothing is wrong with it", async () => {
  const files = savedModel(
    [
      node("two", "Const", [], { value: constant(1, [], [2]), dtype: float }),
      node("y", "Mul", ["x", "two"], { T: float }),
    ],
    "y:0",
  );
  const { model } = await convertSavedModel({ files });
  const x = new Tensor("float32", [1, 4], Float32Array.of(1, 2, 3, 4));
  expect([...(await runNative(model, new Map([["x", x]]))).get("y")!.data]).toEqual([2, 4, 6, 8]);
});

describe("graphs that are none", () => {
  const calling = (name: string, input = "x") => node(name, "PartitionedCall", [input], { f: call(`f_${name}`) });
  const body = (name: string, ...nodes: readonly Uint8Array[]) =>
    functionOf(`f_${name}`, ["a"], { r: "last:output:0" }, nodes);
  const cases: readonly (readonly [string, Map<string, Uint8Array>, RegExp])[] = [
    [
      "a function that calls itself",
      savedModel([calling("f")], "f:0", [body("f", node("last", "PartitionedCall", ["a"], { f: call("f_f") }))]),
      /^malformed: .*calls itself/,
    ],
    [
      "two functions that call each other",
      savedModel([calling("f")], "f:0", [
        body("f", node("last", "PartitionedCall", ["a"], { f: call("f_g") })),
        body("g", node("last", "PartitionedCall", ["a"], { f: call("f_f") })),
      ]),
      /^malformed: .*calls itself/,
    ],
    [
      "functions that call each other twice, forty deep: 2^40 nodes",
      savedModel(
        [calling("0")],
        "0:0",
        Array.from({ length: 40 }, (_, depth) =>
          body(
            `${depth}`,
            node("first", "PartitionedCall", ["a"], { f: call(`f_${depth + 1}`) }),
            node("last", "PartitionedCall", ["first:output:0"], { f: call(`f_${depth + 1}`) }),
          ),
        ).concat(body("40", node("last", "Relu", ["a"], { T: float }))),
      ),
      /^limit_exceeded: .*nodes/,
    ],
    [
      "a chain of calls that is too deep",
      savedModel(
        [calling("0")],
        "0:0",
        Array.from({ length: 60 }, (_, depth) =>
          body(`${depth}`, node("last", "PartitionedCall", ["a"], { f: call(`f_${depth + 1}`) })),
        ),
      ),
      /^limit_exceeded: .*deep/,
    ],
    ["a function that is not there", savedModel([calling("f")], "f:0"), /^malformed: .*calls the function "f_f"/],
    [
      "a call with too few values",
      savedModel([node("f", "PartitionedCall", [], { f: call("f_f") })], "f:0", [
        body("f", node("last", "Relu", ["a"])),
      ]),
      /^malformed: .*0 values for 1/,
    ],
    [
      "a node that is not there",
      savedModel([node("y", "Relu", ["nowhere"], { T: float })], "y:0"),
      /^malformed: .*"nowhere"/,
    ],
    ["an output that is not there", savedModel([], "z:0"), /^malformed: .*"z"/],
    [
      "an output of a number that no node has",
      savedModel([node("y", "Relu", ["x"], { T: float })], "y:7"),
      /^malformed: .*no output 7/,
    ],
    [
      "nodes in a circle",
      savedModel([node("a", "Relu", ["b"]), node("b", "Relu", ["a"])], "a:0"),
      /^malformed: .*back to itself/,
    ],
    ["a node that reads itself", savedModel([node("a", "Relu", ["a"])], "a:0"), /^malformed: .*back to itself/],
    ["a name twice", savedModel([node("a", "Relu", ["x"]), node("a", "Abs", ["x"])], "a:0"), /^malformed: .*"a" twice/],
    [
      "one value for 10^12 elements",
      savedModel(
        [node("c", "Const", [], { value: constant(1, [1_000_000, 1_000_000], [1]) }), node("y", "Mul", ["x", "c"])],
        "y:0",
      ),
      /^limit_exceeded: .*1000000000000/,
    ],
    [
      "sizes beyond 2^53",
      savedModel(
        [node("c", "Const", [], { value: constant(1, [2 ** 40, 2 ** 40], [1]) }), node("y", "Mul", ["x", "c"])],
        "y:0",
      ),
      /^malformed: /,
    ],
    [
      "more values than the shape has",
      savedModel([node("c", "Const", [], { value: constant(1, [1], [1, 2]) }), node("y", "Mul", ["x", "c"])], "y:0"),
      /^malformed: .*2 values for 1/,
    ],
    [
      "a list of 10^9 numbers",
      savedModel(
        [
          node("a", "Const", [], { value: constant(3, [], [0]) }),
          node("b", "Const", [], { value: constant(3, [], [1_000_000_000]) }),
          node("s", "Const", [], { value: constant(3, [], [1]) }),
          node("y", "Range", ["a", "b", "s"]),
        ],
        "y:0",
      ),
      /^unsupported: .*1000000000 numbers/,
    ],
    [
      "a shape that does not fit",
      savedModel(
        [
          node("c", "Const", [], { value: constant(1, [3], [1]) }),
          node("s", "Const", [], { value: constant(3, [1], [7]) }),
          node("y", "Reshape", ["c", "s"]),
        ],
        "y:0",
      ),
      /^malformed: .*Reshape/,
    ],
    [
      "an axis that is not there",
      savedModel(
        [
          node("c", "Const", [], { value: constant(3, [], [9]) }),
          node("y", "Softmax", ["x"]),
          node("z", "Sum", ["y", "c"]),
        ],
        "z:0",
      ),
      /^malformed: .*axis 9/,
    ],
    [
      "a window of no size",
      savedModel(
        [
          node("c", "Const", [], { value: constant(3, [], [1]) }),
          node("e", "ExpandDims", ["x", "c"]),
          node("f", "ExpandDims", ["e", "c"]),
          node("y", "MaxPool", ["f"], {
            ksize: integers([1, 0, 0, 1]),
            strides: integers([1, 1, 1, 1]),
            padding: text("SAME"),
          }),
        ],
        "y:0",
      ),
      /^malformed: .*window/,
    ],
    [
      "parts without number",
      savedModel([node("y", "Unpack", ["x"], { num: integer(2 ** 40), axis: integer(1) })], "y:0"),
      /^malformed: .*parts/,
    ],
    [
      "a variable that nothing fills",
      savedModel(
        [
          node("v", "VarHandleOp", [], { dtype: float }),
          node("r", "ReadVariableOp", ["v"]),
          node("y", "Mul", ["x", "r"]),
        ],
        "y:0",
      ),
      /^unsupported: .*fills the variable v/,
    ],
  ];
  const looping = (name: string) => node(name, "While", ["x"], { cond: call("f_c"), body: call("f_b") });
  const always = functionOf("f_c", ["a"], { r: "last:output:0" }, [
    node("last", "Const", [], { value: message([8, message([1, 10], [11, Uint8Array.of(1)])]) }),
  ]);
  const loops: readonly (readonly [string, Map<string, Uint8Array>, RegExp])[] = [
    [
      "a loop that holds itself",
      savedModel([looping("y")], "y:0", [
        always,
        functionOf("f_b", ["a"], { r: "last:output:0" }, [
          node("last", "While", ["a"], { cond: call("f_c"), body: call("f_b") }),
        ]),
      ]),
      /^unsupported: .*within 4 other loops/,
    ],
    ["a loop without a body", savedModel([looping("y")], "y:0", [always]), /^malformed: .*loop of the function "f_b"/],
    [
      "a loop that gives more than it takes",
      savedModel([looping("y")], "y:0", [always, functionOf("f_b", ["a"], { r: "a", s: "a" }, [])]),
      /^malformed: .*has a body from 1 values to 2, not from 1 to 1/,
    ],
    [
      "a loop whose state grows",
      savedModel([looping("y")], "y:0", [
        always,
        functionOf("f_b", ["a"], { r: "last:output:0" }, [
          node("axis", "Const", [], { value: constant(3, [], [1]) }),
          node("last", "ConcatV2", ["a", "a", "axis:output:0"]),
        ]),
      ]),
      /^unsupported: .*changes the shape/,
    ],
    [
      "a loop that changes a variable",
      savedModel([looping("y")], "y:0", [
        always,
        functionOf("f_b", ["a"], { r: "last:output:0" }, [
          node("set", "AssignAddVariableOp", ["a", "a"]),
          node("last", "Relu", ["a", "^set"]),
        ]),
      ]),
      /^unsupported: .*AssignAddVariableOp .*changes what the model holds/,
    ],
  ];
  const branch = (name: string) => functionOf(name, ["a"], { r: "a" }, []);
  const choosing = (types: readonly number[]) =>
    node("y", "If", ["x", "x"], {
      then_branch: call("f_t"),
      else_branch: call("f_e"),
      Tout: message([1, message(...types.map((each) => [6, each] as const))]),
    });
  const conditions: typeof loops = [
    [
      "a condition on a whole table",
      savedModel([choosing([1])], "y:0", [branch("f_t"), branch("f_e")]),
      /^unsupported: .*2 dimensions/,
    ],
    [
      "a condition with a branch that is not there",
      savedModel(
        [
          node("c", "Const", [], { value: constant(3, [], [1]) }),
          node("y", "If", ["c", "x"], { then_branch: call("f_t"), Tout: message([1, message([6, 1])]) }),
        ],
        "y:0",
        [branch("f_t")],
      ),
      /^malformed: .*function ""/,
    ],
    [
      "a condition that gives less than it says",
      savedModel(
        [
          node("c", "Const", [], { value: constant(3, [], [1]) }),
          node("y", "If", ["c", "x"], {
            then_branch: call("f_t"),
            else_branch: call("f_t"),
            Tout: message([1, message([6, 1], [6, 1])]),
          }),
        ],
        "y:0",
        [branch("f_t")],
      ),
      /^malformed: .*not from 1 to 2/,
    ],
  ];
  test.each([...cases, ...loops, ...conditions])("%s", async (_, files, expected) => {
    expect(await outcome(files)).toMatch(expected);
  });

  test("a chain of 20,000 nodes is followed without a deep stack", async () => {
    const nodes = Array.from({ length: 20_000 }, (_, index) =>
      node(`n${index}`, "Relu", [index === 0 ? "x" : `n${index - 1}`], { T: float }),
    );
    expect(await outcome(savedModel(nodes, "n19999:0"))).toBe("converted");
  });

  test("one message lists every operator in the way, with how many and where", async () => {
    const files = savedModel(
      [
        node("a", "Fancy", ["x"]),
        node("b", "Fancy", ["x"]),
        node("c", "Odd", ["x"]),
        node("y", "AddN", ["a", "b", "c"]),
      ],
      "y:0",
    );
    expect(await outcome(files)).toMatch(/Fancy \(2 times, first [ab]\); Odd \(c\)\./);
    const error = await convertSavedModel({ files }).catch((reason: unknown) => reason);
    expect(isModelkeepError(error, "unsupported") && (error.details["operators"] as unknown[]).length).toBe(2);
  });
});

const recorded = readRecordings(new URL("../../../vectors/tensorflow", import.meta.url).pathname);
const fuzzed = recorded.filter(({ recording: { name } }) => /^(lstm|module|string|trained-digits)/.test(name));

test.each(fuzzed.map(({ recording: { name }, model }) => [name, model.files] as const))(
  "%s mutated gives a model or a typed error, quickly",
  { timeout: 600_000 },
  async (_, files) => {
    const runs = process.env["MODELKEEP_RELIABILITY"] === "full" ? 5000 : 25;
    const decode = (bytes: Uint8Array) => convertSavedModel({ files: new Map([...files, ["saved_model.pb", bytes]]) });
    // Much time: a busy machine is no hostile file.
    await fuzzDecoder({ seeds: [files.get("saved_model.pb")!], decode, runs, time: 20_000 });
  },
);
