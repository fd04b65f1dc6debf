import {
  type Envelope,
  contentDigest,
  digestOf,
  envelopeOf,
  type Manifest,
  measurePayload,
  memorySource,
  type PayloadSource,
  serializeManifest,
  storedBytes,
  verifiedPayload,
  collect,
} from "../src/index.js";

export interface TestFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mediaType?: string;
}

/** An envelope over bytes in memory. */
export async function makeEnvelope(files: readonly TestFile[], more: Partial<Manifest> = {}): Promise<Envelope> {
  const sources = files.map((file) =>
    memorySource(file.path, file.bytes, file.mediaType === undefined ? {} : { mediaType: file.mediaType }),
  );
  return envelopeFrom(sources, more, (path) => storedBytes(files.find((file) => file.path === path)!.bytes));
}

async function envelopeFrom(
  sources: readonly PayloadSource[],
  more: Partial<Manifest>,
  open: (path: string) => ReturnType<typeof storedBytes>,
): Promise<Envelope> {
  const payloads = [];
  for (const source of sources) payloads.push(await measurePayload(source));
  const manifest: Manifest = {
    format: "modelkeep.envelope/1",
    created: "2024-03-03T10:00:00Z",
    representations: [{ name: "model", codec: "opaque", payloads: [sources[0]!.path] }],
    payloads,
    content: contentDigest(payloads),
    ...more,
  };
  const bytes = serializeManifest(manifest);
  const byPath = new Map(payloads.map((facts) => [facts.path, verifiedPayload(facts, async () => open(facts.path))]));
  return envelopeOf(manifest, bytes, digestOf(bytes), (path) => byPath.get(path));
}

/** The files of an envelope, verified. */
export async function filesOf(envelope: Envelope): Promise<TestFile[]> {
  const files: TestFile[] = [];
  for (const { path } of envelope.manifest.payloads)
    files.push({ path, bytes: await collect(envelope.payload(path)!.stream()) });
  return files;
}
