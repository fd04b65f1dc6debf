import { operators } from "../../src/operators/registry.js";

/** One model that was exported, converted and compared. */
export interface Measured {
  readonly name: string;
  readonly kind: "Keras 3" | "Keras 2" | "tf.Module";
  readonly tensorflow: string;
  readonly keras: string | null;
  /** The largest |a - b| / max(1, |b|); undefined for what was refused. */
  readonly worst?: number;
  /** The operators in the way. */
  readonly refusal?: string;
}

/** `docs/supported-tensorflow.md`. */
export function supportedOperatorsPage(measured: readonly Measured[]): string {
  const version = (kind: Measured["kind"]) => measured.find((each) => each.kind === kind)?.keras ?? "";
  const converted = measured.filter(({ worst }) => worst !== undefined);
  const worst = Math.max(...converted.map((each) => each.worst!));
  return `<!-- Written by packages/flavor-tensorflow/test/pages/supported-operators.test.ts from the registry of operators and what was measured. -->

# TensorFlow's operators that become ONNX

[@modelkeep/flavor-tensorflow](../packages/flavor-tensorflow/README.md) converts serving signatures that are made of these
${operators.size} operators, whatever wrote them:

${[...operators.keys()]
  .toSorted((a, b) => (a < b ? -1 : 1))
  .map((name) => `\`${name}\``)
  .join(", ")}

Loops (\`While\`, \`StatelessWhile\`), conditions (\`If\`, \`StatelessIf\`), calls of functions, identities, variables and lookup
tables (\`VarHandleOp\`, \`HashTableV2\`, \`MutableHashTableV2\`) are followed besides. A signature with any other operator is refused, and the message lists all of them with their number and place.

## Measured

${converted.length} models of TensorFlow ${measured[0]?.tensorflow} were exported by Keras ${version("Keras 3")} (\`model.export\`), saved by Keras ${version("Keras 2")} (\`model.save\`) or
written from a \`tf.Module\`, with random or trained weights; converted; run by ONNX Runtime; and compared with what TensorFlow
predicts. The largest difference of any output is ${worst.toExponential(1)} x max(1, |b|); 1e-5 is what every test holds them to. Texts, labels and
other whole numbers are equal. Written by

    MODELKEEP_TEST_TENSORFLOW=<python> MODELKEEP_RELIABILITY=full MODELKEEP_UPDATE_MEASURED=1 npm test -- packages/flavor-tensorflow

| model | Keras 3 | Keras 2 |
|---|---|---|
${layerRows(measured).join("\n")}

| tf.Module | |
|---|---|
${measured
  .filter(({ kind }) => kind === "tf.Module")
  .map((each) => `| ${each.name.replace("module-", "")} | ${told(each)} |`)
  .join("\n")}
`;
}

function layerRows(measured: readonly Measured[]): string[] {
  const byName = new Map<string, Partial<Record<Measured["kind"], Measured>>>();
  for (const each of measured.filter(({ kind }) => kind !== "tf.Module")) {
    const name = each.name.replace(/-keras-2$/, "");
    byName.set(name, { ...byName.get(name), [each.kind]: each });
  }
  return [...byName]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, kinds]) => `| ${name.replaceAll(/[-_]/g, " ")} | ${told(kinds["Keras 3"])} | ${told(kinds["Keras 2"])} |`,
    );
}

function told(measured: Measured | undefined): string {
  if (measured === undefined) return "";
  if (measured.worst === undefined) return `refused: ${measured.refusal}`;
  return measured.worst === 0 ? "equal" : measured.worst.toExponential(1);
}
