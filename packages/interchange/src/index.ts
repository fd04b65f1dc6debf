export { planFolder } from "./folder/plan-folder.js";
export { planBentoml, type PlanBentomlOptions } from "./bentoml/plan-bentoml.js";
export { exportMlflow, type ExportedMlflow, type ExportMlflowOptions } from "./mlflow/export-mlflow.js";
export { planMlflow } from "./mlflow/plan-mlflow.js";
export { planModelstore, type PlanModelstoreOptions } from "./modelstore/plan-modelstore.js";
export type { ImportPlan, LeftBehind, PlannedFile, PlannedVersion } from "./plan.js";
export { type ImportedVersion, type ImportReport, type ImportRunOptions, runImport } from "./run-import.js";
export { planWandb } from "./wandb.js";
