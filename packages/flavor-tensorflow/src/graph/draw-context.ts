import type { GraphBuilder } from "@modelkeep/onnx";

import type { Obstacles } from "../refusal.js";
import type { Drawn } from "./drawn.js";
import type { FlatNode, Flattener } from "./flatten.js";

/** What was drawn of each node: undefined for what is in the way, and for all that follows from it. */
export type DrawnNodes = Map<FlatNode, readonly Drawn[] | undefined>;

/** What all nodes of a graph and of its loops are drawn with. */
export interface DrawContext {
  readonly obstacles: Obstacles;
  readonly flattener: Flattener;
  /** Loops around. */
  readonly depth: number;
  /** Draws the nodes that are not drawn yet, in their order. */
  drawNodes(builder: GraphBuilder, nodes: readonly FlatNode[], drawn: DrawnNodes, context: DrawContext): void;
}
