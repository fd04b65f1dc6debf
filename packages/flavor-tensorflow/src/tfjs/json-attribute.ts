import { isJsonObject, type Json, jsonMember } from "@modelkeep/core";
import { type GraphAttribute, typeName } from "@modelkeep/savedmodel";

import { malformedGraph } from "../refusal.js";

/** Types that JSON calls otherwise than we do. */
const renamed: Readonly<Record<string, string>> = { float32: "float", float64: "double", float16: "half" };

/** TensorFlow's numbers of element types, by the names that JSON has for them (types.proto). */
const typeNumbers: ReadonlyMap<string, number> = new Map(
  Array.from({ length: 25 }, (_, index) => {
    const name = typeName(index + 1);
    return [`DT_${(renamed[name] ?? name).toUpperCase()}`, index + 1];
  }),
);

/** Of a type by name or number; 0 for one that is not known. */
export function typeNumber(value: Json | undefined): number {
  return typeof value === "number" ? value : typeof value === "string" ? (typeNumbers.get(value) ?? 0) : 0;
}

/** 64-bit integers are texts in this JSON. */
export function integerOf(value: Json | undefined): number {
  const number = Number(value ?? 0);
  if (Number.isSafeInteger(number) && typeof value !== "object") return number;
  throw malformedGraph(`has ${JSON.stringify(value).slice(0, 60)} where a whole number belongs`);
}

/** Not-a-number and infinities are texts. */
function floatOf(value: Json | undefined): number {
  const number = typeof value === "string" || typeof value === "number" ? Number(value) : Number.NaN;
  if (Number.isNaN(number) && value !== "NaN")
    throw malformedGraph(`has ${JSON.stringify(value ?? null).slice(0, 60)} where a number belongs`);
  return number;
}

/** Texts are base64; the first converters wrote lists of bytes. */
function textOf(value: Json | undefined): string {
  const decoder = new TextDecoder();
  if (Array.isArray(value)) return decoder.decode(Uint8Array.from(value, (each) => Number(each)));
  if (typeof value !== "string" && value !== undefined) throw malformedGraph("has a text that is no base64");
  try {
    return decoder.decode(Uint8Array.from(atob(value ?? ""), (letter) => letter.codePointAt(0)!));
  } catch (cause) {
    throw malformedGraph(`has ${JSON.stringify(value).slice(0, 60)} where base64 belongs: ${(cause as Error).message}`);
  }
}

/** Sizes of a shape, null for one that varies; undefined where even their number does. */
export function shapeOf(value: Json | undefined): (number | null)[] | undefined {
  if (jsonMember(value, "unknownRank") === true) return undefined;
  const sizes = jsonMember(value, "dim") ?? [];
  if (!Array.isArray(sizes)) throw malformedGraph("has a shape that is no list of sizes");
  return sizes.map((each) => {
    const size = integerOf(jsonMember(each, "size"));
    return size < 0 ? null : size;
  });
}

/** An attribute of a node, but for a tensor (attr_value.proto, as JSON). */
export function attributeOf(value: Json): GraphAttribute {
  if (!isJsonObject(value)) return {};
  const [kind, given] = Object.entries(value)[0] ?? [];
  switch (kind) {
    case "s":
      return { text: textOf(given) };
    case "i":
      return { integer: integerOf(given) };
    case "f":
      return { float: floatOf(given) };
    case "b":
      return { boolean: given === true };
    case "type":
      return { type: typeNumber(given) };
    case "shape":
      return { shape: shapeOf(given) ?? null };
    case "func": {
      const name = jsonMember(given, "name");
      return typeof name === "string" ? { function: name } : {};
    }
    case "list":
      return {
        integers: listOf(given, "i").map(integerOf),
        texts: listOf(given, "s").map(textOf),
        floats: listOf(given, "f").map(floatOf),
        types: listOf(given, "type").map(typeNumber),
      };
    default:
      return {};
  }
}

function listOf(value: Json | undefined, key: string): readonly Json[] {
  const list = jsonMember(value, key) ?? [];
  if (Array.isArray(list)) return list;
  throw malformedGraph("has an attribute that is no list");
}
