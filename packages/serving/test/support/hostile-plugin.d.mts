import type { Runtime } from "@modelkeep/core";

export function hostileRuntime(): Runtime;
