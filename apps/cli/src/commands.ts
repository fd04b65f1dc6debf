import { completing } from "./declarations/completing.js";
import { encrypting } from "./declarations/encrypting.js";
import { gating } from "./declarations/gating.js";
import { attesting } from "./declarations/attesting.js";
import { auditing } from "./declarations/auditing.js";
import { keeping } from "./declarations/keeping.js";
import { moving } from "./declarations/moving.js";
import { proving } from "./declarations/proving.js";
import { registering } from "./declarations/registering.js";
import { signing } from "./declarations/signing.js";
import { retaining } from "./declarations/retaining.js";
import { storing } from "./declarations/storing.js";
import { serving } from "./declarations/serving.js";
import type { Groups } from "./help.js";

export const groups: Groups = [
  { title: "Save and load", commands: keeping },
  { title: "Look and prove", commands: proving },
  { title: "The registry", commands: registering },
  { title: "Approval before production", commands: gating },
  { title: "Signed histories", commands: signing },
  { title: "Keys and attestations", commands: attesting },
  { title: "Serving, on the record", commands: serving },
  { title: "Moving in and out", commands: moving },
  { title: "Keep and delete", commands: retaining },
  { title: "What happened", commands: auditing },
  { title: "Stores and settings", commands: [...storing, ...encrypting, ...completing] },
];
