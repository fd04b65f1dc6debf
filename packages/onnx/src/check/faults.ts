/** A rule of ONNX that a model breaks. */
export interface Fault {
  /** "graph, node "matmul"": the place in words. */
  readonly where: string;
  readonly message: string;
}

/** Collects what is wrong; a file with very many faults is told only the first ones. */
export class Faults {
  readonly list: Fault[] = [];

  add(where: string, message: string): void {
    if (this.list.length < 200) this.list.push({ where, message });
  }
}

/** A name out of a file, safe and short enough for a message. */
export function quote(name: string | undefined): string {
  return JSON.stringify((name ?? "").slice(0, 80));
}
