import type { GraphBuilder, Value } from "@modelkeep/onnx";

/** Draws a step on what came before: rows [batch, columns] in; rows, labels (int64 [batch]) or values out. */
export type GraphStep = (
  graph: GraphBuilder,
  rows: Value,
) => { readonly rows: Value } | { readonly labels: Value } | { readonly values: Value };
