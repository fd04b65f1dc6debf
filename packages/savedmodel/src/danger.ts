/** Operators that reach beyond the numbers they are given: a SavedModel is a program. By what they do. */
const dangerous: readonly (readonly [RegExp, string])[] = [
  [/^(EagerPyFunc|PyFunc|PyFuncStateless|NumpyCall)$/, "calls Python"],
  [
    /^(WriteFile|Save|SaveV2|SaveSlices|MergeV2Checkpoints|ShardedFilename|PrintV2|Print|WriteSummary|.*SummaryWriter|WriteGraphSummary|WriteScalarSummary|WriteRawProtoSummary|DumpTensor|DebugIdentity.*|SaveDataset.*|.*DatasetToTFRecord|DatasetToTFRecord)$/,
    "writes files or prints",
  ],
  [
    /^(ReadFile|MatchingFiles|WholeFileReader.*|TextLineReader.*|TFRecordReader.*|FixedLengthRecordReader.*|LMDBReader|.*LineDataset|TFRecordDataset.*|FixedLengthRecordDataset.*|CSVDataset.*|SqlDataset|LoadDataset.*|MatchingFilesDataset|LMDBDataset|InitializeTableFromTextFile.*|ImmutableConst)$/,
    "reads files",
  ],
  [
    /^(Rpc.*|TryRpc|GrpcServer.*|.*BigQuery.*|.*Bigtable.*|RegisterDataset.*|DataServiceDataset.*|CollectiveInitializeCommunicator|.*Kafka.*|DecodeProtoV2)$/,
    "reaches the network or other processes",
  ],
  [
    /^(LoadLibrary|XlaLaunch.*|TPU.*|.*CustomCall.*|TensorRTEngineOp|TRTEngineOp)$/,
    "loads or runs code of another kind",
  ],
];

/** TensorFlow's own restore functions are in every SavedModel: they read and write its variables where the caller says. */
const ordinary: ReadonlySet<string> = new Set(["SaveV2", "RestoreV2", "ShardedFilename", "MergeV2Checkpoints"]);

/** What an operator does that a careful reader should know; undefined for one that only computes. */
export function dangerOf(operator: string): string | undefined {
  if (ordinary.has(operator)) return undefined;
  return dangerous.find(([pattern]) => pattern.test(operator))?.[1];
}
