import { attributeTypes, type OnnxAttribute } from "../model.js";
import { checkSparseTensor, checkTensor } from "./check-tensor.js";
import type { GraphContext } from "./context.js";
import { quote } from "./faults.js";

const fields = Object.entries(attributeTypes) as [keyof typeof attributeTypes, number][];

/** One value, of the type that the attribute names, or a reference to an attribute of the function around it. */
export function checkAttribute(attribute: OnnxAttribute, node: string, context: GraphContext): void {
  const where = `${node}, attribute ${quote(attribute.name)}`;
  const { faults } = context;
  if ((attribute.name ?? "") === "") faults.add(where, "has no name");
  const set = fields.filter(([field]) => {
    const value = attribute[field];
    return value !== undefined && !(Array.isArray(value) && value.length === 0);
  });
  const wanted = fields.find(([, type]) => type === attribute.type);
  if ((attribute.refAttrName ?? "") !== "") {
    if (!context.inFunction) faults.add(where, "refers to an attribute of a function, and is in none");
    if (set.length > 0) faults.add(where, "has both a value and a reference");
  } else if (attribute.type === undefined || attribute.type === 0) {
    // Before IR version 2 the type was told by the field alone.
    if (set.length !== 1 || context.irVersion >= 2) faults.add(where, "has no type");
  } else if (wanted === undefined) faults.add(where, `has the unknown type ${attribute.type}`);
  else {
    for (const [field] of set)
      if (field !== wanted[0]) faults.add(where, `is of type ${wanted[0]} and has a value of type ${field}`);
    const single = ["t", "g", "sparseTensor", "tp"].includes(wanted[0]);
    if (single && set.length === 0) faults.add(where, "has no value");
  }
  for (const tensor of [attribute.t, ...(attribute.tensors ?? [])])
    if (tensor !== undefined) checkTensor(tensor, where, context);
  for (const sparse of [attribute.sparseTensor, ...(attribute.sparseTensors ?? [])])
    if (sparse !== undefined) checkSparseTensor(sparse, where, context);
}
