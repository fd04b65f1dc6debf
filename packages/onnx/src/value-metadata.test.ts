import { expect, test } from "vitest";

import { graphBuilder } from "./graph-builder.js";
import { decodeModel } from "./decode.js";
import { encodeModelBytes } from "./encode.js";
import { graphSignature, mainGraph } from "./signature.js";

function build(features?: readonly string[]) {
  const graph = graphBuilder();
  const x = graph.input("x", "float64", ["batch", 2], { ...(features && { features }), description: "two columns" });
  graph.output("label", graph.argmax(x, 1), "int64", ["batch"], { categories: ["no", "yes"] });
  return { graph, model: graph.build() };
}

test("names of columns and categories come back from the file", () => {
  const { graph, model } = build(["width", "height"]);
  const read = graphSignature(mainGraph(decodeModel(encodeModelBytes(model))));
  expect(read).toEqual(graph.signature);
});

test("what does not fit the shape, or is no list of names, is passed over", () => {
  for (const value of ["[]", '["a"]', '["a", 1]', "{", "null", '{"0": "a"}']) {
    const { model } = build();
    const [input] = mainGraph(model).input;
    Object.assign(input!, { metadataProps: [{ key: "modelkeep.features", value }] });
    expect(graphSignature(mainGraph(model)).inputs[0]).not.toHaveProperty("features");
  }
});
