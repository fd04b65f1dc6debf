import type { Blob, Collector, CollectMistake, CollectRules, CollectState, Saver } from "./collect-state.js";
import type { Step } from "./explore.js";
import { moverSteps } from "./move-steps.js";

export function collectStart(
  savers: readonly { readonly same: boolean; readonly uploads?: number }[],
  collectors: number,
  { crashes = 0, garbage = true, movers = 0, deletions = 0 } = {},
): CollectState {
  const first = { keys: [0], former: [], acknowledged: true, deleted: false };
  return {
    blobs: garbage ? [{ there: true, old: true, owner: null }] : [],
    markers: [],
    versions: movers + deletions > 0 ? [first] : [],
    movers: Array.from({ length: movers }, () => ({ at: "read", lease: "none", before: [], blob: -1, uploads: 1 })),
    deletions,
    savers: savers.map(({ same, uploads = 2 }) => ({
      at: "find",
      same,
      lease: "none",
      blob: -1,
      version: -1,
      uploads,
    })),
    collectors: Array.from({ length: collectors }, () => ({
      at: "fold",
      referenced: [],
      candidates: [],
      doomed: [],
      next: 0,
    })),
    crashes,
  };
}

export function* collectSteps(state: CollectState, rules: CollectRules): Iterable<Step<CollectState>> {
  for (const [index, saver] of state.savers.entries()) {
    if (saver.at !== "end") yield* saverSteps(state, index, rules);
    if (saver.lease === "live" && (rules.suspended || saver.at !== "append"))
      yield change(state, `the lease of saver ${index} expires`, (s) => void (s.savers[index]!.lease = "expired"));
    if (saver.at !== "end" && state.crashes > 0)
      yield change(state, `saver ${index} crashes`, (s) => {
        s.savers[index]!.at = "end";
        s.crashes--;
      });
  }
  for (const [index, collector] of state.collectors.entries()) {
    if (collector.at === "end") continue;
    yield change(state, `collector ${index}: ${collector.at}`, (s) => collect(s, index, rules.mistake));
    if (state.crashes > 0)
      yield change(state, `collector ${index} crashes`, (s) => {
        s.collectors[index]!.at = "end";
        s.crashes--;
      });
  }
  for (const index of state.movers.keys()) yield* moverSteps(state, index, rules, change);
  if (state.deletions > 0)
    yield change(state, "the first version is deleted", (s) => {
      s.versions[0]!.deleted = true;
      s.deletions = 0;
    });
  for (const [index, blob] of state.blobs.entries()) {
    if (!blob.old && blob.there && mayAge(state, blob, rules))
      yield change(state, `blob ${index} ages`, (s) => void (s.blobs[index]!.old = true));
  }
}

/** Without a lease a save appends within the grace period, unless it is suspended. */
function mayAge(state: CollectState, blob: Blob, rules: CollectRules): boolean {
  if (blob.owner === null) return true;
  const owner = state.savers[blob.owner]!;
  return rules.suspended || rules.mistake === "no grace period" || owner.at !== "append" || owner.lease !== "none";
}

function* saverSteps(state: CollectState, index: number, rules: CollectRules): Iterable<Step<CollectState>> {
  const { mistake } = rules;
  const now = state.savers[index]!;
  const to = (label: string, apply: (saver: Saver, s: CollectState) => unknown): Step<CollectState> =>
    change(state, `saver ${index}: ${now.at}${label}`, (s) => apply(s.savers[index]!, s));
  const pick = function* (keys: readonly number[], after: Saver["at"]): Iterable<Step<CollectState>> {
    for (const key of keys)
      yield to(` takes ${key}`, (saver) => {
        saver.blob = key;
        saver.at = after;
      });
  };
  const again = mistake === "look again for the blob before the markers" || mistake === "look again for the blob only";
  const lookAgain = again ? "head again" : "markers again";

  switch (now.at) {
    case "find":
      if (now.same && living(state)) yield to(" sees the version", (saver, s) => join(s, saver, mistake));
      else yield to("", (saver) => (saver.at = "list"));
      return;
    case "list": {
      const there = state.blobs.flatMap((blob, key) => (blob.there ? [key] : []));
      if (there.length === 0) yield to(" finds nothing", (saver) => (saver.at = "upload"));
      const look = mistake === "look for the blob before the markers" ? "head" : "markers";
      yield* pick(there, mistake === "no lease" ? look : "lease");
      return;
    }
    case "lease":
      yield to("", (saver) => {
        saver.lease = "live";
        saver.at = mistake === "look for the blob before the markers" ? "head" : "markers";
      });
      return;
    case "markers": {
      const clear = mistake === "look for the blob before the markers" ? "check" : "head";
      yield to("", (saver, s) => (saver.at = marked(s, saver.blob) ? "upload" : clear));
      return;
    }
    case "head": {
      const found = mistake === "look for the blob before the markers" ? "markers" : "check";
      yield to("", (saver, s) => (saver.at = s.blobs[saver.blob]!.there ? found : "upload"));
      return;
    }
    case "upload":
      if (now.uploads === 0) yield to(" no more", (saver) => (saver.at = "end"));
      else yield to("", (saver, s) => upload(s, saver, index, mistake));
      return;
    case "check":
      // Either the lease or, for an upload of its own, the grace period must outlast the append.
      yield to("", (saver, s) => {
        const late = saver.lease === "expired" || (saver.lease === "none" && s.blobs[saver.blob]!.old);
        const wrong =
          mistake === "append after the lease has expired" || mistake === "no lease" || mistake === "no grace period";
        saver.at = late && !wrong ? "list" : "append";
      });
      return;
    case "append":
      yield to("", (saver, s) => {
        if (saver.version < 0 && saver.same && living(s)) {
          join(s, saver, mistake);
          return;
        }
        if (saver.version < 0)
          saver.version = s.versions.push({ keys: [], former: [], acknowledged: false, deleted: false }) - 1;
        const version = s.versions[saver.version]!;
        // Somebody deleted it: the entry would be void, and the save says so.
        if (version.deleted) {
          saver.lease = "none";
          saver.at = "end";
          return;
        }
        if (mistake === "a new place replaces the old one") version.keys = [];
        if (!version.keys.includes(saver.blob)) version.keys.push(saver.blob);
        if (mistake === "acknowledge without looking again") acknowledge(s, saver);
        else saver.at = lookAgain;
      });
      return;
    case "markers again":
      yield to("", (saver, s) => {
        if (marked(s, saver.blob)) saver.at = "upload";
        else if (mistake === "look again for the blob before the markers") acknowledge(s, saver);
        else saver.at = "head again";
      });
      return;
    case "head again":
      yield to("", (saver, s) => {
        if (!s.blobs[saver.blob]!.there) saver.at = "upload";
        else if (mistake === "look again for the blob before the markers") saver.at = "markers again";
        else acknowledge(s, saver);
      });
      return;
    case "end":
  }
}

function living(state: CollectState): boolean {
  return state.versions[0]?.deleted === false;
}

/** Takes the version that is there, and looks at its newest key as if it were its own. */
function join(state: CollectState, saver: Saver, mistake?: CollectMistake): void {
  saver.version = 0;
  saver.blob = state.versions[0]!.keys.at(-1)!;
  saver.at = "markers again";
  if (mistake === "trust a version of the same content unseen") acknowledge(state, saver);
}

function acknowledge(state: CollectState, saver: Saver): void {
  state.versions[saver.version]!.acknowledged = true;
  saver.lease = "none";
  saver.at = "end";
}

function upload(state: CollectState, saver: Saver, index: number, mistake?: CollectMistake): void {
  const blob = { there: true, old: mistake === "no grace period", owner: index };
  if (mistake === "one key per digest") {
    state.blobs[0] = blob;
    saver.blob = 0;
  } else saver.blob = state.blobs.push(blob) - 1;
  saver.uploads--;
  saver.at = "check";
}

function collect(state: CollectState, index: number, mistake?: CollectMistake): void {
  const self = state.collectors[index]!;
  const each = (list: readonly number[], apply: (key: number) => void, after: Collector["at"]): void => {
    const key = list[self.next];
    if (key !== undefined) apply(key);
    if (++self.next < list.length) return;
    self.next = 0;
    self.at = after;
  };
  const early = mistake === "list leases before marking";
  switch (self.at) {
    case "fold":
      self.referenced = references(state, mistake);
      self.at = "list";
      return;
    case "list":
      self.candidates = state.blobs.flatMap((blob, key) =>
        blob.there && blob.old && !self.referenced.includes(key) ? [key] : [],
      );
      self.at = self.candidates.length === 0 || (early && leased(state)) ? "end" : "mark";
      if (mistake === "no markers" && self.at === "mark") self.at = "leases";
      return;
    case "mark":
      each(self.candidates, (key) => state.markers.push(`${key}:${index}`), early ? "tails" : "leases");
      return;
    case "leases":
      self.at = leased(state) ? "unmark" : "tails";
      return;
    case "tails": {
      const now = mistake === "do not read the tails again" ? self.referenced : references(state, mistake);
      self.doomed = self.candidates.filter((key) => !now.includes(key));
      self.at = mistake === "remove markers before deleting" ? "unmark" : "delete";
      return;
    }
    case "delete":
      for (const key of self.doomed.splice(0, 1)) state.blobs[key]!.there = false;
      if (self.doomed.length === 0) self.at = mistake === "remove markers before deleting" ? "end" : "unmark";
      return;
    case "unmark":
      each(
        self.candidates,
        (key) => {
          const others = mistake === "remove the markers of others" || !state.blobs[key]!.there;
          const left = state.markers.filter((marker) =>
            others ? !marker.startsWith(`${key}:`) : marker !== `${key}:${index}`,
          );
          state.markers.splice(0, state.markers.length, ...left);
        },
        mistake === "remove markers before deleting" ? "delete" : "end",
      );
      return;
    case "end":
  }
}

function leased(state: CollectState): boolean {
  return [...state.savers, ...state.movers].some(({ lease }) => lease === "live");
}

function references(state: CollectState, mistake?: CollectMistake): number[] {
  const gone = mistake === "take the bytes of a deleted version for garbage that nobody else has";
  const doomed = gone ? state.versions.filter(({ deleted }) => deleted).flatMap(({ keys }) => keys) : [];
  return state.versions
    .filter(({ deleted }) => !deleted)
    .flatMap(({ keys, former }) => (keys.some((key) => state.blobs[key]!.there) ? keys : [...keys, ...former]))
    .filter((key) => !doomed.includes(key));
}

export function marked(state: CollectState, blob: number): boolean {
  return state.markers.some((marker) => marker.startsWith(`${blob}:`));
}
/** What must never be: with suspended processes a version may lack its data until its save looks again, but never once acknowledged. */
export function collectFault(state: CollectState, rules: CollectRules): string | undefined {
  for (const [number, version] of state.versions.entries()) {
    if (version.deleted || version.keys.some((key) => state.blobs[key]!.there)) continue;
    if (version.acknowledged) return `version ${number} was acknowledged and has lost its data`;
    if (!rules.suspended) return `version ${number} is there without its data`;
  }
  return undefined;
}

function change(state: CollectState, label: string, apply: (state: CollectState) => unknown): Step<CollectState> {
  const copy: CollectState = {
    blobs: state.blobs.map((blob) => ({ ...blob })),
    markers: [...state.markers],
    versions: state.versions.map((version) => ({ ...version, keys: [...version.keys], former: [...version.former] })),
    movers: state.movers.map((mover) => ({ ...mover, before: [...mover.before] })),
    deletions: state.deletions,
    savers: state.savers.map((saver) => ({ ...saver })),
    collectors: state.collectors.map((collector) => ({ ...collector, doomed: [...collector.doomed] })),
    crashes: state.crashes,
  };
  apply(copy);
  forget(copy);
  return { label, state: copy };
}

/** Drops what no step will read again, so that states which differ only in it are one. */
function forget(state: CollectState): void {
  state.markers.sort();
  for (const saver of state.savers) if (saver.at === "end") Object.assign(saver, { blob: -1, version: -1, uploads: 0 });
  for (const mover of state.movers)
    if (mover.at === "end") Object.assign(mover, { before: [], blob: -1, uploads: 0, lease: "none" });
  for (const collector of state.collectors) {
    if (collector.at === "end") Object.assign(collector, { candidates: [], doomed: [], next: 0 });
    if (collector.at !== "list" && collector.at !== "mark") collector.referenced = [];
  }
}
