import { type Flavor, type ModelDescription, ModelkeepError, type ModelState, type StateValue } from "@modelkeep/core";

import { Pipeline, type Step } from "./pipeline.js";
import { findModelType, modelTypeNamed, modelTypeOf } from "./registered.js";
import { signatureOf } from "./signature.js";
import { StateReader } from "./state-reader.js";
import { version as packageVersion } from "./version.js";

const pipelineType = "pipeline";
const version = 1;

/** Models of ml.js (https://github.com/mljs), alone or in a {@link Pipeline}, as plain state and back. */
export function mljsFlavor(): Flavor {
  return {
    name: "mljs",
    package: { name: "@modelkeep/flavor-mljs", version: packageVersion },
    owns: (model): model is unknown => model instanceof Pipeline || findModelType(model) !== undefined,
    freeze(model) {
      if (model instanceof Pipeline)
        return { flavor: "mljs", type: pipelineType, version, state: freezePipeline(model) };
      const type = modelTypeOf(model);
      return { flavor: "mljs", type: type.type, version, state: type.freeze(model) };
    },
    async thaw(state) {
      checkState(state);
      return state.type === pipelineType ? thawPipeline(state.state) : modelTypeNamed(state.type).thaw(state.state);
    },
    describe,
  };
}

/** A model alone runs as a pipeline of one step. */
export function asPipeline(model: unknown): Pipeline {
  return model instanceof Pipeline ? model : new Pipeline([{ name: modelTypeOf(model).type, model }]);
}

function checkState(state: ModelState): void {
  if (state.flavor !== "mljs")
    throw new ModelkeepError("unsupported", `[mljs] The state is of the flavor ${JSON.stringify(state.flavor)}`);
  if (state.version > version) {
    throw new ModelkeepError(
      "unknown_format_version",
      `[mljs] The state is of version ${state.version}; this package reads up to ${version}: install a newer one`,
    );
  }
}

function freezePipeline(pipeline: Pipeline): StateValue {
  return {
    steps: pipeline.steps.map(({ name, model, components }) => {
      const type = modelTypeOf(model);
      return { name, type: type.type, ...(components === undefined ? {} : { components }), state: type.freeze(model) };
    }),
    features: pipeline.features === undefined ? null : [...pipeline.features],
    classes: pipeline.classes === undefined ? null : [...pipeline.classes],
  };
}

async function thawPipeline(state: StateValue): Promise<Pipeline> {
  const reader = new StateReader(state, "pipeline");
  const steps: Step[] = [];
  for (const each of reader.list("steps")) {
    const step = new StateReader(each, `pipeline.steps[${steps.length}]`);
    const model = await modelTypeNamed(step.string("type")).thaw(step.value("state"));
    steps.push({
      name: step.string("name"),
      model,
      ...(step.has("components") ? { components: step.integer("components", 1) } : {}),
    });
  }
  if (steps.length === 0 || new Set(steps.map(({ name }) => name)).size < steps.length)
    throw reader.fault("steps", "is empty or has a name twice");
  return new Pipeline(steps, {
    ...(reader.has("features") ? { features: texts(reader, "features") } : {}),
    ...(reader.has("classes") ? { classes: texts(reader, "classes") } : {}),
  });
}

function texts(reader: StateReader, name: string): string[] {
  const list = reader.list(name);
  if (!list.every((each) => typeof each === "string")) throw reader.fault(name, "is not a list of strings");
  return [...list];
}

function describe(model: unknown): ModelDescription {
  const pipeline = asPipeline(model);
  const steps = pipeline.steps.map((step) => {
    const type = modelTypeOf(step.model);
    const options = step.components === undefined ? {} : { components: step.components };
    return { name: step.name, type: type.type, parameters: { ...type.parameters(step.model), ...options } };
  });
  const parameters = Object.fromEntries(
    steps.flatMap(({ name, parameters: own }) => Object.entries(own).map(([key, value]) => [`${name}.${key}`, value])),
  );
  return { signature: signatureOf(pipeline), steps, parameters, packages: librariesOf(pipeline) };
}

/** The npm packages that a model needs. */
export function librariesOf(model: unknown): string[] {
  const names = asPipeline(model).steps.flatMap((step) => modelTypeOf(step.model).library ?? []);
  return [...new Set(names)].toSorted();
}
