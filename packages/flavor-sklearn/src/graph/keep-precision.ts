import type { OnnxModel, OnnxTensor } from "@modelkeep/onnx";
import { dataTypeOf } from "@modelkeep/onnx";

const float64 = dataTypeOf("float64");

/**
 * ONNX Runtime folds a single number that a matrix product is multiplied with, or divided by, into the product, as a
 * float32 attribute: of sixteen digits seven remain. So such numbers become rows of equal numbers here, and products
 * over one column become plain multiplications, which are the same to the last bit and are left alone.
 */
export function keepPrecision(model: OnnxModel): OnnxModel {
  const graph = model.graph!;
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name!, tensor]));
  const makers = new Map<string, number>();
  const readers = new Map<string, number[]>();
  graph.node.forEach((node, index) => {
    for (const output of node.output) makers.set(output, index);
    for (const input of node.input) readers.set(input, [...(readers.get(input) ?? []), index]);
  });
  const nodes = [...graph.node];
  const added: OnnxTensor[] = [];
  const widen = (index: number | undefined, width: number): void => {
    const node = index === undefined ? undefined : nodes[index];
    if (node === undefined || (node.opType !== "Mul" && node.opType !== "Div") || width < 2) return;
    const at = node.input.findIndex((input) => isSingle(constants.get(input)));
    if (at === -1) return;
    const single = constants.get(node.input[at]!)!;
    let row = constants.get(repeatedName(single, width));
    if (row === undefined) {
      row = repeated(single, width);
      added.push(row);
      constants.set(row.name!, row);
    }
    const { name } = row;
    nodes[index!] = { ...node, input: node.input.map((input, place) => (place === at ? name! : input)) };
  };
  graph.node.forEach((node, index) => {
    if (node.opType !== "MatMul") return;
    const weights = constants.get(node.input[1]!);
    if (weights?.dataType !== float64 || weights.dims.length !== 2) return;
    const [rows, columns] = weights.dims as [number, number];
    if (rows === 1) nodes[index] = { ...node, opType: "Mul" };
    widen(makers.get(node.input[0]!), rows);
    for (const reader of readers.get(node.output[0]!) ?? []) widen(reader, columns);
  });
  return { ...model, graph: { ...graph, node: nodes, initializer: [...graph.initializer, ...added] } };
}

function isSingle(tensor: OnnxTensor | undefined): tensor is OnnxTensor {
  return tensor?.dataType === float64 && tensor.dims.every((size) => size === 1) && tensor.rawData?.byteLength === 8;
}

function repeated(single: OnnxTensor, width: number): OnnxTensor {
  const bytes = new Uint8Array(width * 8);
  for (let at = 0; at < width; at++) bytes.set(single.rawData!, at * 8);
  return { ...single, name: repeatedName(single, width), dims: [width], rawData: bytes };
}

function repeatedName(single: OnnxTensor, width: number): string {
  return `${single.name!}_x${width}`;
}
