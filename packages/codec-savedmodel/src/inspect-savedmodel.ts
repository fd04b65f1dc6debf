import {
  type DecodeOptions,
  type Dimension,
  elementCount,
  type Inspection,
  isDType,
  payloadBeside,
  type PayloadSet,
  type Signature,
  type TensorSpec,
} from "@modelkeep/core";
import {
  dangerOf,
  readFingerprint,
  readKerasMetadata,
  type MetaGraph,
  readSavedModel,
  readVariables,
  type ServingSignature,
  type SignatureTensor,
} from "@modelkeep/savedmodel";

/** From the graph and the index of the variables: their bytes are not read. Without the index's file, of the graph alone. */
export async function inspectSavedModel(payloads: PayloadSet, options: DecodeOptions = {}): Promise<Inspection> {
  const { limits, signal } = options;
  const items = limits?.items === undefined ? {} : { items: limits.items };
  const { metaGraphs } = readSavedModel(await payloads.main.bytes({ signal }), items);
  const variables = (await readVariables(payloads, items))?.list;
  const tensors = variables?.map(({ name, type, shape, size }) => ({ name, dtype: type, shape, bytes: size }));
  const parameters = variables
    ?.filter(({ dtype }) => dtype !== undefined && dtype !== "string")
    .reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const operators = new Map<string, number>();
  for (const graph of metaGraphs)
    for (const [name, count] of graph.operators) operators.set(name, (operators.get(name) ?? 0) + count);
  const [first] = metaGraphs;
  const signature = signatureOf(first);
  return {
    summary: `SavedModel of TensorFlow ${first?.tensorflow ?? "of an unknown version"}, tags: ${first?.tags.join(", ") ?? ""}; signatures: ${first?.signatures.length ?? 0}${variables === undefined ? "" : `, variables: ${variables.length}, elements: ${parameters}`}`,
    ...(signature && { signature }),
    ...(tensors && { tensors }),
    ...(parameters !== undefined && { parameters }),
    operators: Array.from(operators, ([name, count]) => ({ name, count })).toSorted((a, b) => b.count - a.count),
    details: { metaGraphs: metaGraphs.map(graphDetails), ...(await besides(payloads, signal)) },
    findings: [...operators].flatMap(([name, count]) => {
      const does = dangerOf(name);
      if (does === undefined) return [];
      return [
        {
          level: "danger" as const,
          message: `The operator ${name} ${does}: TensorFlow would run it (${count} in the graph)`,
          operator: name,
        },
      ];
    }),
  };
}

/** Larger files beside the graph are passed over. */
const mostBeside = 64 << 20;

/** What lies beside the graph and tells of it: Keras 2's description of its layers, and TensorFlow's fingerprint. */
async function besides(payloads: PayloadSet, signal: AbortSignal | undefined): Promise<Record<string, unknown>> {
  const read = async <T>(name: string, parse: (bytes: Uint8Array) => T): Promise<T | undefined> => {
    const payload = payloadBeside(payloads, name);
    return payload === undefined || payload.size > mostBeside ? undefined : parse(await payload.bytes({ signal }));
  };
  const keras = await read("keras_metadata.pb", readKerasMetadata);
  const fingerprint = await read("fingerprint.pb", readFingerprint);
  return {
    ...(keras && {
      keras: { version: keras.keras, objects: keras.objects, classes: Object.fromEntries(keras.classes) },
    }),
    ...(fingerprint && { fingerprint }),
  };
}

function graphDetails({ tags, tensorflow, signatures, functions, assets }: MetaGraph) {
  return { tags, tensorflow, signatures, functions, assets };
}

/** What serves, where ours can say it: "serving_default", or the only one there is beside TensorFlow's own. */
function signatureOf(graph: MetaGraph | undefined): Signature | undefined {
  const own = graph?.signatures.filter(({ name }) => !name.startsWith("__")) ?? [];
  const serving: ServingSignature | undefined = own.find(({ name }) => name === "serving_default") ?? own[0];
  const inputs = serving?.inputs.map(specOf) ?? [];
  const outputs = serving?.outputs.map(specOf) ?? [];
  const all = [...inputs, ...outputs];
  return serving === undefined || all.some((spec) => spec === undefined)
    ? undefined
    : ({ inputs, outputs } as Signature);
}

function specOf({ name, dtype, shape }: SignatureTensor): TensorSpec | undefined {
  if (!isDType(dtype) || shape === undefined) return undefined;
  return { name, dtype, shape: shape.map((size, axis): Dimension => size ?? (axis === 0 ? "batch" : null)) };
}
