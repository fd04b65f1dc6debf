import type { Actor } from "./entry.js";
import type { Review, Verification } from "./record.js";
import type { VersionView } from "./show.js";

/** Where a version was copied from, and what was known of it there. Nothing here has any effect: it is told, not trusted. */
export interface Origin {
  /** The id of the registry, where it has one. */
  readonly registry?: string | undefined;
  readonly name: string;
  readonly version: number;
  /** Digest of its manifest. */
  readonly manifest?: string | undefined;
  readonly registered?: string | undefined;
  readonly registeredBy?: Actor | undefined;
  readonly labels?: readonly string[] | undefined;
  /** How it was held to its samples there, the newest last. */
  readonly verifications?: readonly Verification[] | undefined;
  /** What people said of it there: of that registry, so it counts for no gate of another. */
  readonly reviews?: readonly Review[] | undefined;
  /** Where it had been copied from before. */
  readonly origin?: Origin | undefined;
}

/** Of a history that was copied from registry to registry, so many steps are kept. */
const depth = 8;
const verificationsKept = 20;

export function originOf(version: VersionView, registry: string | undefined): Origin {
  const { name, digest, registered, registeredBy, labels, verifications, reviews, origin } = version;
  return {
    ...(registry !== undefined && { registry }),
    name,
    version: version.version,
    manifest: digest,
    registered,
    registeredBy,
    ...(labels.length > 0 && { labels }),
    ...(verifications.length > 0 && { verifications: verifications.slice(-verificationsKept) }),
    ...(reviews.length > 0 && { reviews }),
    ...(origin !== undefined && { origin: shortened(origin, depth - 1) }),
  };
}

function shortened({ origin, ...rest }: Origin, left: number): Origin {
  return origin === undefined || left <= 1 ? rest : { ...rest, origin: shortened(origin, left - 1) };
}
