import type { Artifact } from "./artifact.js";
import type { Descriptor, ImageIndex } from "./documents.js";
import { annotationKeys, imageIndexType } from "./media-types.js";

/** What a write into a layout needs. */
export interface LayoutWrite {
  readonly artifact: Artifact;
  readonly tag: string;
  readonly signal?: AbortSignal | undefined;
  readonly progress: (bytes: number) => void;
}

/** The descriptor in a layout's index, under its tag. */
export function tagged({ artifact, tag }: LayoutWrite): Artifact["descriptor"] {
  return { ...artifact.descriptor, annotations: { [annotationKeys.tag]: tag } };
}

export const layoutText = JSON.stringify({ imageLayoutVersion: "1.0.0" });

/** An index over artifacts; what else an index that is there says is kept. */
export function indexText(manifests: readonly Descriptor[], before?: ImageIndex): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: imageIndexType, ...before, manifests });
}
