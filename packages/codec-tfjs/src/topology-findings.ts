import { type Inspection, isJsonObject, type Json, jsonMember, type JsonObject } from "@modelkeep/core";
import { dangerOf } from "@modelkeep/savedmodel";
import { textMember } from "@modelkeep/tfjs";

import { knownClasses } from "./known-layers.js";
import { knownOperators } from "./known-operators.js";

type Finding = NonNullable<Inspection["findings"]>[number];

/** Classes that TensorFlow.js does not bring: it makes them only where the page registered code for them. */
export function layerFindings(config: JsonObject): readonly Finding[] {
  const findings: Finding[] = [];
  const visit = (value: Json, where: string): void => {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) visit(item, `${where}[${index}]`);
      return;
    }
    if (!isJsonObject(value)) return;
    const className = textMember(value, "class_name");
    const found = className === undefined ? undefined : judge(className, value, where);
    if (found !== undefined) findings.push(found);
    for (const [key, item] of Object.entries(value)) visit(item, where === "" ? key : `${where}.${key}`);
  };
  visit(config, "");
  return findings;
}

function judge(className: string, object: JsonObject, where: string): Finding | undefined {
  const own = textMember(jsonMember(object, "config"), "name");
  const name = own === undefined ? className : `${className} ${JSON.stringify(own)}`;
  if (className === "Lambda")
    return {
      level: "danger",
      kind: "keras_lambda",
      message: `${name} carries Python code: Keras would run it, TensorFlow.js has no such layer`,
      where,
    };
  if (knownClasses.has(className)) return undefined;
  return {
    level: "warning",
    kind: "tfjs_custom_class",
    message: `${name} is no class of TensorFlow.js: its code is not in the file, and the program that loads it must register it`,
    where,
  };
}

/** Operators that reach beyond numbers, and those that TensorFlow.js does not bring. */
export function operatorFindings(operators: ReadonlyMap<string, number>): readonly Finding[] {
  return [...operators].flatMap(([operator, count]): Finding[] => {
    const does = dangerOf(operator);
    if (does !== undefined)
      return [
        {
          level: "danger",
          kind: "tfjs_reaches_out",
          message: `The operator ${operator} ${does}: TensorFlow would run it (${count} in the graph)`,
          operator,
        },
      ];
    if (knownOperators.has(operator)) return [];
    return [
      {
        level: "warning",
        kind: "tfjs_custom_operator",
        message: `The operator ${operator} is none of TensorFlow.js: the program that loads it must register it (${count} in the graph)`,
        operator,
      },
    ];
  });
}
