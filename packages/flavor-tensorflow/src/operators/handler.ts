import type { Drawing } from "../graph/drawing.js";
import type { Drawn } from "../graph/drawn.js";

/** Draws one operator of TensorFlow: gives its output, or all of them. */
export type Handler = (drawing: Drawing) => Drawn | readonly Drawn[];

export type Handlers = Readonly<Record<string, Handler>>;
