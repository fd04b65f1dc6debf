import { Tensor } from "@modelkeep/core";
import { float, floats, graphBuilder, int, ints, type OnnxModel } from "@modelkeep/onnx";
import type { CodecSample } from "@modelkeep/testkit";

function line(): OnnxModel {
  const b = graphBuilder();
  const x = b.input("x", "float64", ["batch", 2]);
  b.output("y", b.add(b.matmul(x, b.float64([1, 2], [2, 1])), b.float64(0.5)), "float64", ["batch", 1]);
  return b.build();
}

function forest(): OnnxModel {
  const b = graphBuilder({ description: "Two trees", metadata: { owner: "tests", naïve: "ja" } });
  const x = b.input("x", "float64", ["batch", 2]);
  const stump = { feature: [1, 0, 0], threshold: [0.5, 0, 0], left: [1, -1, -1], right: [2, -1, -1] };
  const single = { feature: [0], threshold: [0], left: [-1], right: [-1] };
  const leaves = b.treeLeaves(x, { trees: [stump, single] });
  const votes = b.reduceSum(b.gather(b.float64([0.25, 0.75, 1, 0, 0.5, 0.5], [3, 2]), leaves), [1]);
  b.output("probabilities", b.div(votes, b.float64(2)), "float64", ["batch", 2]);
  const names = { type: "string", list: ["no", "yes"] } as const;
  const label = b.labelEncoder(b.argmax(votes), { type: "int64", list: [0, 1] }, names, "?");
  b.output("label", label, "string", ["batch"]);
  return b.build();
}

/** Every kind of field, those included that no runtime here understands. */
function everything(): OnnxModel {
  const b = graphBuilder({ opsets: { "com.example": 3 } });
  const x = b.input("x", "float32", [null, "n", 3]);
  const branch = graphBuilder();
  branch.output("inner", branch.constant(new Tensor("string", [2], ["a", ""]), "texts"), "string", [2]);
  const attributes = {
    whole: int(-1),
    real: float(0.5),
    text: "größe",
    wholes: ints([0, -1, 2n ** 62n]),
    reals: floats([Number.NaN, -0, Infinity]),
    texts: ["", "x"],
    tensor: new Tensor("bfloat16", [1], Uint16Array.of(0x3f80)),
    graph: branch.graph(),
  };
  const [y] = b.op("com.example", "Anything", [x, ""], attributes, { outputs: ["y", ""] });
  b.output("z", y!, "float32", []);
  const built = b.build();
  return {
    ...built,
    modelVersion: 2n ** 63n - 1n,
    domain: "test",
    functions: [
      {
        name: "Twice",
        domain: "com.example",
        input: ["a"],
        output: ["b"],
        node: [{ input: ["a", "a"], output: ["b"], opType: "Add", attribute: [] }],
        opsetImport: [{ domain: "", version: 21 }],
      },
    ],
    // Field 99, a varint of 7, which no version of onnx.proto has.
    unknownFields: [Uint8Array.of(0x98, 0x06, 7)],
  };
}

export const samples: readonly CodecSample<OnnxModel>[] = [
  { name: "a linear model", model: line() },
  { name: "a forest", model: forest() },
  { name: "every kind of field", model: everything() },
];
