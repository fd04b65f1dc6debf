import { isModelkeepError } from "@modelkeep/core";

/** What the command line answers to programs; docs/command-line.md lists them. */
export const exitCodes = {
  ok: 0,
  /** The command ran, and the answer is no: faults found, samples differ, files not clean. */
  negative: 1,
  /** The command line or an argument can't be understood. */
  usage: 2,
  /** A model, version, file or key does not exist. */
  notFound: 3,
  /** Refused: a conflict, a rule, something that must not be overwritten. */
  refused: 4,
  /** A file or a manifest is malformed or not what its digest says. */
  badData: 5,
  /** A package is missing. */
  missingPackage: 6,
  /** A store, disk or network failed. */
  failed: 7,
  interrupted: 130,
} as const;

const byCode: Readonly<Record<string, number>> = {
  invalid_input: exitCodes.usage,
  invalid_name: exitCodes.usage,
  invalid_reference: exitCodes.usage,
  invalid_key: exitCodes.usage,
  invalid_path: exitCodes.usage,
  invalid_digest: exitCodes.usage,
  invalid_filter: exitCodes.usage,
  unusable_key: exitCodes.usage,
  usage: exitCodes.usage,
  not_found: exitCodes.notFound,
  attestation_missing: exitCodes.refused,
  deleted: exitCodes.notFound,
  archived: exitCodes.failed,
  already_exists: exitCodes.refused,
  conflict: exitCodes.refused,
  refused: exitCodes.refused,
  gate_refused: exitCodes.refused,
  incompatible: exitCodes.refused,
  no_identity: exitCodes.refused,
  not_encrypted: exitCodes.refused,
  samples_differ: exitCodes.negative,
  signature_mismatch: exitCodes.usage,
  missing_package: exitCodes.missingPackage,
  io_error: exitCodes.failed,
  backlog_full: exitCodes.failed,
  prediction_failed: exitCodes.failed,
  runtime_crashed: exitCodes.failed,
  unknown_outcome: exitCodes.failed,
  aborted: exitCodes.interrupted,
};

export function exitCodeOf(error: unknown): number {
  if (!isModelkeepError(error))
    return (error as { code?: string })?.code === "ENOENT" ? exitCodes.notFound : exitCodes.failed;
  return byCode[error.code] ?? exitCodes.badData;
}
