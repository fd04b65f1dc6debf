import { isJsonObject, type Json } from "@modelkeep/core";

/** One layer, as the configuration describes it. */
export interface KerasLayer {
  /** With the names of the models around it: "inner/deep". */
  readonly name: string;
  readonly class: string;
  /** Of its input, the batch first; null where the size is open. Not every version of Keras tells. */
  readonly shape?: Json;
}

/** The layers of a model and of the models within it, in the order of the configuration. */
export function layersIn(config: Json, within = ""): readonly KerasLayer[] {
  if (!isJsonObject(config)) return [];
  // The configuration of a Sequential model was once the list of its layers itself.
  const inner = config["config"];
  const layers = isJsonObject(inner) ? inner["layers"] : inner;
  if (!Array.isArray(layers)) return [];
  return layers.flatMap((layer) => {
    if (!isJsonObject(layer) || typeof layer["class_name"] !== "string") return [];
    const own = isJsonObject(layer["config"]) ? layer["config"] : {};
    const given = own["name"] ?? layer["name"];
    const name = `${within}${typeof given === "string" ? given : layer["class_name"]}`;
    const built = isJsonObject(layer["build_config"]) ? layer["build_config"]["input_shape"] : undefined;
    const shape = built ?? own["batch_shape"] ?? own["batch_input_shape"];
    return [
      { name, class: layer["class_name"], ...(shape !== undefined && shape !== null && { shape }) },
      ...layersIn(layer, `${name}/`),
    ];
  });
}
