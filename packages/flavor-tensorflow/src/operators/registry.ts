import { blocks } from "./blocks.js";
import { convolutions } from "./convolutions.js";
import { elementwise } from "./elementwise.js";
import { fills } from "./fills.js";
import type { Handler } from "./handler.js";
import { images } from "./images.js";
import { lists } from "./lists.js";
import { lookups } from "./lookups.js";
import { padding } from "./padding.js";
import { parts } from "./parts.js";
import { products } from "./products.js";
import { reductions } from "./reductions.js";
import { shapes } from "./shapes.js";
import { slices } from "./slices.js";

/** Operators of TensorFlow by name, and how they are drawn. */
export const operators: ReadonlyMap<string, Handler> = new Map(
  Object.entries({
    ...blocks,
    ...convolutions,
    ...elementwise,
    ...fills,
    ...images,
    ...lists,
    ...lookups,
    ...padding,
    ...parts,
    ...products,
    ...reductions,
    ...shapes,
    ...slices,
  }),
);
