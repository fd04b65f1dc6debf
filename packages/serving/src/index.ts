export type { ChainReport } from "./check-chains.js";
export { answerPredictions } from "./isolation/answer-predictions.js";
export { isolated, type IsolationOptions } from "./isolation/isolated-runtime.js";
export type { FindOptions } from "./find-predictions.js";
export type { Added, LogEntry, NewRecord } from "./log-entry.js";
export { predictionLog, PredictionLog } from "./prediction-log.js";
export type { PredictionLogOptions } from "./prediction-log-options.js";
export { isPredictionId } from "./monotonic-ulid.js";
export { Predictions, predictionsOf } from "./predictions.js";
export type { PredictionRecord, RouteTaken, ShadowOutcome } from "./record.js";
export { recordToJson } from "./record-line.js";
export type { RecordPolicy } from "./record-policy.js";
export { replay, type Replayed, type ReplayOptions, replayRecord } from "./replay.js";
export {
  type AgainstOptions,
  type AgainstReport,
  type ChangedLabel,
  type NumericChange,
  replayAgainst,
} from "./replay-against.js";
export { serve } from "./serve.js";
export type { Live, RequestOptions, ServeOptions } from "./serve-options.js";
export { ServedModel, ServedPrediction } from "./served-model.js";
