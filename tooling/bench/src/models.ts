import { readFile } from "node:fs/promises";

import { Tensor, type TensorMap } from "@modelkeep/core";
import { convertSklearn } from "@modelkeep/flavor-sklearn";
import { graphBuilder, type OnnxModel } from "@modelkeep/onnx";
import { readPickle } from "@modelkeep/pickle";
import { RandomForestClassifier } from "ml-random-forest";

import type { PythonPeer } from "./python-peer.js";

const trees = 100;
const leaves = 250;
export const features = 20;
const classes = 3;

interface Node {
  splitColumn?: number;
  splitValue?: number;
  gain?: number;
  numberSamples?: number;
  left?: Node;
  right?: Node;
  distribution?: number[][];
}

/** A forest of ml.js of 100 trees x 499 nodes, grown by chance: how long it takes to save and load depends on its size only. */
export function grownForest(): RandomForestClassifier {
  const random = randomNumbers(1);
  const estimators = Array.from({ length: trees }, () => ({
    name: "DTClassifier",
    options: { kind: "classifier", gainFunction: "gini", splitFunction: "mean", minNumSamples: 3, maxDepth: Infinity },
    root: grownTree(random),
  }));
  const indexes = Array.from({ length: trees }, () => Array.from({ length: features }, (_, column) => column));
  const options = {
    n: trees,
    replacement: true,
    maxFeatures: 1,
    seed: 1,
    useSampleBagging: true,
    noOOB: true,
    treeOptions: {},
  };
  return RandomForestClassifier.load({
    name: "RFClassifier",
    baseModel: { indexes, nEstimators: trees, isClassifier: true, estimators, ...options },
  });
}

function grownTree(random: () => number): Node {
  const root: Node = {};
  const open = [root];
  while (open.length < leaves) {
    const [node] = open.splice(Math.floor(random() * open.length), 1);
    const left: Node = {};
    const right: Node = {};
    const gain = random();
    const numberSamples = 10 + Math.floor(random() * 10_000);
    const splitColumn = Math.floor(random() * features);
    Object.assign(node!, { splitColumn, splitValue: random(), gain, numberSamples, left, right });
    open.push(left, right);
  }
  for (const leaf of open) leaf.distribution = [Array.from({ length: classes }, random)];
  return root;
}

/** A forest that scikit-learn has fitted, of the same size, in a joblib file. */
export interface FittedForest {
  readonly path: string;
  readonly nodes: number;
  readonly rows: readonly (readonly number[])[];
  readonly probabilities: readonly (readonly number[])[];
}

export async function fittedForest(python: PythonPeer, path: string): Promise<FittedForest> {
  const fitted = (await python.call("fit_forest", { path })) as Omit<FittedForest, "path">;
  return { path, ...fitted };
}

/** The ONNX form of a joblib file. */
export async function convertedFile(path: string): Promise<OnnxModel> {
  return convertSklearn(readPickle(await readFile(path)).value).model;
}

export function rowsTensor(name: string, rows: readonly (readonly number[])[]): TensorMap {
  const data = Float64Array.from(rows.flat());
  return new Map([[name, new Tensor("float64", [rows.length, rows[0]!.length], data)]]);
}

/** The smallest model there is: y = w x + 0.5. */
export function linearModel(offset = 0.5): OnnxModel {
  const b = graphBuilder();
  const x = b.input("x", "float64", ["batch", features]);
  const weights = b.float64(
    Array.from({ length: features }, (_, index) => index / features),
    [features, 1],
  );
  b.output("y", b.add(b.matmul(x, weights), b.float64(offset)), "float64", ["batch", 1]);
  return b.build();
}

/** Mulberry32, so that every run grows the same trees. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
