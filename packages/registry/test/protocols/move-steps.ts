import type { CollectRules, CollectState, Mover } from "./collect-state.js";
import type { Step } from "./explore.js";

type Change = (state: CollectState, label: string, apply: (state: CollectState) => unknown) => Step<CollectState>;

/** What a client may do next that moves the files of the first version to another place. */
export function* moverSteps(
  state: CollectState,
  index: number,
  { mistake }: CollectRules,
  change: Change,
): Iterable<Step<CollectState>> {
  const now = state.movers[index]!;
  if (now.at === "end") return;
  const to = (label: string, apply: (mover: Mover, s: CollectState) => unknown): Step<CollectState> =>
    change(state, `mover ${index}: ${now.at}${label}`, (s) => apply(s.movers[index]!, s));
  const backwards = mistake === "look again for the moved blob before the markers";
  if (now.lease === "live") yield to(", its lease expires", (mover) => (mover.lease = "expired"));
  if (state.crashes > 0)
    yield to(", it crashes", (mover, s) => {
      mover.at = "end";
      s.crashes--;
    });

  switch (now.at) {
    case "read":
      yield to("", (mover, s) => {
        if (s.versions[0]!.deleted) mover.at = "end";
        else Object.assign(mover, { before: [...s.versions[0]!.keys], lease: "live", at: "send" });
      });
      return;
    case "send":
      yield to("", (mover, s) => {
        if (mover.uploads-- === 0) mover.at = "end";
        else {
          mover.blob = s.blobs.push({ there: true, old: false, owner: null }) - 1;
          mover.at = "place";
        }
      });
      return;
    case "place":
      yield to("", (mover, s) => {
        const version = s.versions[0]!;
        if (version.deleted) {
          mover.at = "end";
          return;
        }
        version.keys.push(mover.blob);
        mover.at = backwards ? "head again" : "markers again";
        if (mistake === "give places up before looking again") mover.at = "give up";
        if (mistake === "give places up in the entry that names the new one") giveUp(s, mover, mistake);
      });
      return;
    case "markers again":
      yield to("", (mover, s) => {
        const marked = s.markers.some((marker) => marker.startsWith(`${mover.blob}:`));
        mover.at = marked ? "send" : backwards ? "give up" : "head again";
      });
      return;
    case "head again":
      yield to("", (mover, s) => {
        mover.at = !s.blobs[mover.blob]!.there ? "send" : backwards ? "markers again" : "give up";
      });
      return;
    case "give up":
      yield to("", (mover, s) => giveUp(s, mover, mistake));
  }
}

/** One entry; void where the version is deleted, or somebody else has given this mover's place up. */
function giveUp(state: CollectState, mover: Mover, mistake: CollectRules["mistake"]): void {
  const version = state.versions[0]!;
  mover.at = "end";
  const careless = mistake === "give up every place but one's own";
  if (version.deleted || (!careless && !version.keys.includes(mover.blob))) return;
  const given = careless
    ? version.keys.filter((key) => key !== mover.blob)
    : version.keys.filter((key) => mover.before.includes(key));
  version.keys = careless ? [mover.blob] : version.keys.filter((key) => !given.includes(key));
  version.former.push(...given);
}
