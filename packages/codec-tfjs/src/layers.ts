import { isJsonObject, type Json, jsonMember } from "@modelkeep/core";
import { textMember } from "@modelkeep/tfjs";

/** One layer, as the configuration describes it. */
export interface TfjsLayer {
  /** With the names of the models around it: "inner/deep". */
  readonly name: string;
  readonly class: string;
  /** Of its input, the batch first; null where the size is open. */
  readonly shape?: Json;
}

/** The layers of a model and of the models within it, in the order of the configuration. */
export function layersIn(config: Json, within = ""): readonly TfjsLayer[] {
  // The configuration of a Sequential model was once the list of its layers itself.
  const inner = jsonMember(config, "config");
  const layers = Array.isArray(inner) ? inner : jsonMember(inner, "layers");
  if (!Array.isArray(layers)) return [];
  return layers.flatMap((layer) => {
    const className = textMember(layer, "class_name");
    if (className === undefined || !isJsonObject(layer)) return [];
    const own = jsonMember(layer, "config");
    const name = `${within}${textMember(own, "name") ?? textMember(layer, "name") ?? className}`;
    const shape = jsonMember(own, "batch_input_shape") ?? jsonMember(own, "batch_shape");
    return [
      { name, class: className, ...(shape !== undefined && shape !== null && { shape }) },
      ...layersIn(layer, `${name}/`),
    ];
  });
}
