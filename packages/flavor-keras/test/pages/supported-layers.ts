import { readFileSync } from "node:fs";

import { activations } from "../../src/layers/activations.js";
import { layerKinds } from "../../src/layers/kinds.js";

/** How far one model was off. */
export interface Measured {
  readonly file: string;
  readonly outputs: number;
  readonly values: number;
  /** Largest |a - b| / max(1, |b|). */
  readonly worst: number;
}

/** `docs/supported-layers.md`. */
export function supportedLayersPage(): string {
  const measured = JSON.parse(readFileSync(new URL("measured.json", import.meta.url), "utf8")) as Measured[];
  const kinds = Object.values(layerKinds).flat();
  const count = new Set(kinds.flatMap(({ classes }) => classes)).size;
  // Those without limits are told together.
  const rows = Object.entries(layerKinds).flatMap(([group, list]) => {
    const free = list.filter(({ limits }) => limits === undefined).flatMap(({ classes }) => classes);
    const limited = list.filter(({ limits }) => limits !== undefined);
    const all = [...(free.length > 0 ? [{ classes: free, limits: "" }] : []), ...limited];
    return all.map(({ classes, limits }) => `| ${group} | ${classes.join(", ")} | ${limits} |`);
  });
  const models = new Map<string, Measured[]>();
  for (const each of measured) {
    const name = each.file.replace(/-keras-[23]\..*$/u, "");
    models.set(name, [...(models.get(name) ?? []), each]);
  }
  const figures = [...models].map(([name, list]) => {
    const sum = (key: "outputs" | "values") => list.reduce((total, each) => total + each[key], 0);
    const worst = Math.max(...list.map((each) => each.worst));
    return `| ${name} | ${list.length} | ${sum("outputs")} | ${sum("values")} | ${worst === 0 ? "0" : worst.toExponential(1)} |`;
  });
  const names = Object.keys(activations).toSorted().join(", ");
  return `<!-- Written by packages/flavor-keras/test/pages/supported-layers.test.ts from the table of layers and test/pages/measured.json: change them, then run that test with -u. -->

# Layers of Keras that become ONNX

[@modelkeep/flavor-keras](../packages/flavor-keras/README.md) converts Sequential and functional models of these ${count} classes, from
\`.keras\` and \`.h5\` files of Keras 2 and 3, with models within models, shared layers, several inputs and outputs. Sums are taken in
another order than Keras takes them, so what comes out differs in its last digits: by at most 1e-5 x max(1, |b|) in all that is measured
below. A deep network whose inner values are thousands of times its outputs can differ more: hold it to samples.

| group | classes | limits |
|---|---|---|
${rows.join("\n")}

Activations, by name or as functions of Keras: ${names}. Within recurrent layers: tanh, sigmoid, hard_sigmoid, relu, linear, elu,
leaky_relu, softsign, softplus. \`hard_sigmoid\` is that of the Keras which wrote the file: the two differ.

Masks (of \`Embedding(mask_zero=True)\` and \`Masking\`) are kept to by LSTM, GRU, SimpleRNN, Bidirectional and GlobalAveragePooling1D; other
layers that look at a mask are refused when one reaches them. Of \`keras.ops\`, sums, products, quotients, maxima and minima of tensors and
numbers convert (\`x + y\`, \`x * 2\`).

Not converted, and named all at once with the class and what is in the way: \`Lambda\`, layers of your own, subclassed models, quantised and
ragged ones, stateful recurrent layers, image augmentation that changes sizes, ConvLSTM, TextVectorization, and what is not in the table. Their files can still be kept, inspected and verified. Models that Keras computes
in float16, bfloat16 or float64 are converted to float32, which is noted.

## Measured

By ONNX Runtime, against what Keras 3.15 and tf-keras 2.21 on TensorFlow 2.21 predict. The first three are models trained on real tables:
wines, drawings of digits, carbon dioxide by month. The others have random weights, each layer in many settings.

| models | files | outputs | numbers | worst difference |
|---|---|---|---|---|
${figures.join("\n")}

\`MODELKEEP_TEST_TENSORFLOW=<python> MODELKEEP_RELIABILITY=full MODELKEEP_UPDATE_MEASURED=1 npm test -- packages/flavor-keras\` makes the
models anew and measures again; with \`MODELKEEP_TEST_SEED\`, others.
`;
}
