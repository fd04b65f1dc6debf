export { backupRegistry, type BackedUp, type BackupOptions } from "./backup/backup.js";
export type { BackupRun } from "./backup/backup-records.js";
export type { Healed } from "./backup/repair.js";
export { restoreRegistry, type Restored, type RestoreOptions } from "./backup/restore.js";
export type { Lost } from "./backup/transfer.js";
export {
  verifyBackup,
  type BackupReport,
  type RestoreTrial,
  type VerifyBackupOptions,
} from "./backup/verify-backup.js";
export type { AliasOptions, Moved, PromoteOptions } from "./aliases.js";
export type { AttestOptions, LeftAttestation } from "./attest.js";
export type { AttestationResult, AttestedBy } from "./attested.js";
export type { Audit, CheckpointOptions, HistoriesReport, VerifyHistoriesOptions } from "./audit/audit.js";
export { type AuditChange, changesOf } from "./audit/changes.js";
export type { HistoryProblem } from "./audit/compare-heads.js";
export { auditCsv } from "./audit/csv.js";
export type { AuditReport, AuditReportOptions, PredictedBy, PredictionFact } from "./audit/report.js";
export type { CheckOptions, CheckReport, Problem } from "./check.js";
export type { Collected, CollectOptions } from "./collect-garbage.js";
export type { Comparison, Difference } from "./compare.js";
export type { LookUpEnvironment } from "./compatibility.js";
export type { ChangeOptions } from "./context.js";
export { type Copied, copyRegistry, type CopyOptions } from "./copy-registry.js";
export type { StatusOptions } from "./edits.js";
export type { DeleteOptions } from "./deletion.js";
export type { Actor } from "./entry.js";
export type { GateCondition, GateFault } from "./gate-conditions.js";
export type { GateReport, Gates, PolicyChange, PolicyOptions, Reviewed, ReviewOptions } from "./gates.js";
export type { GivenOutputs } from "./given-outputs.js";
export type { HistoryEntry } from "./history.js";
export type { HoldOptions, ReleaseOptions } from "./holds.js";
export type { ImportOptions } from "./import-envelope.js";
export type { ListedModel, ListedVersion } from "./index-line.js";
export type { Page, PageOptions, SearchOptions } from "./list.js";
export type { LoadedModel, LoadOptions } from "./load.js";
export type { Origin } from "./origin.js";
export type { MoveOptions } from "./move-files.js";
export { openRegistry } from "./open-registry.js";
export type { Plugins, RegistryOptions } from "./options.js";
export { memoryPins, type Pin, type Pins } from "./pins.js";
export { checkPolicy, type MetricBounds, type NoWorse, type Policy } from "./policy.js";
export { Prediction } from "./prediction.js";
export type {
  AliasMove,
  Deletion,
  Hold,
  PayloadSummary,
  PolicyProposal,
  PolicyRecord,
  Review,
  Signer,
  SignerProposal,
  RoutePart,
  Status,
  Summary,
  Verification,
  VoidEntry,
} from "./record.js";
export { routeBuckets } from "./record.js";
export type { OpenedVersion, OpenOptions } from "./open.js";
export { Registry } from "./registry.js";
export type { NotReproduced } from "./hold-given.js";
export type { NotMade, RepresentationChoice } from "./representations.js";
export type {
  ApplyOptions,
  PreviewOptions,
  Retention,
  RetentionApplied,
  RetentionPreview,
  RetentionView,
} from "./retention.js";
export type { PlannedVersion } from "./retention-plan.js";
export type { KeepRules, RetentionPolicy } from "./retention-policy.js";
export { bucketOf, versionOfBucket } from "./route-buckets.js";
export type { RouteView } from "./route-view.js";
export type { RouteInput, RouteOptions, Standing } from "./routes.js";
export type { Metadata, Saved, SaveInput, SamplesInput } from "./save-input.js";
export type { AttestationView, ModelView, VersionView } from "./show.js";
export type { EntryKey } from "./signed-entries.js";
export type { NewRing, NewSigner, RingChange, RingChanged, RingView, Signers } from "./signers.js";
export type { BlobSource } from "./upload.js";
export type { VerificationResult, VerifyOptions } from "./verify.js";
export { isUlid, ulid } from "./ulid.js";
export { envelopePredictor, verifyEnvelope, type VerifyEnvelopeOptions } from "./standalone.js";
