import type { GraphBuilder, Value } from "@modelkeep/onnx";

// Coefficients of ndtri in the Cephes mathematical library of S. L. Moshier (https://www.netlib.org/cephes/), highest power first.
const centre = {
  above: [-59.96335010141079, 98.00107541859997, -56.67628574690703, 13.931260938727968, -1.2391658386738125],
  below: [
    1, 1.9544885833814176, 4.676279128988815, 86.36024213908905, -225.46268785411937, 200.26021238006066,
    -82.03722561683334, 15.90562251262117, -1.1833162112133,
  ],
};
const tail = {
  above: [
    4.0554489230596245, 31.525109459989388, 57.16281922464213, 44.08050738932008, 14.684956192885803,
    2.1866330685079025, -0.1402560791713545, -0.03504246268278482, -0.0008574567851546854,
  ],
  below: [
    1, 15.779988325646675, 45.39076351288792, 41.3172038254672, 15.04253856929075, 2.504649462083094,
    -0.14218292285478779, -0.03808064076915783, -0.0009332594808954574,
  ],
};

/** Probabilities beyond this are clipped by those who use it; the approximation holds from 1.3e-14 on. */
export const smallestShare = 1e-7 - 2 ** -52;

const edge = Math.exp(-2);

/** The quantile of the standard normal distribution, for probabilities between 1.3e-14 and 1 minus that. */
export function normalQuantile(graph: GraphBuilder, p: Value): Value {
  const [half, one] = [graph.float64(0.5), graph.float64(1)];
  const upper = graph.greater(p, graph.float64(1 - edge));
  const y = graph.where(upper, graph.sub(one, p), p);
  const inside = graph.greater(y, graph.float64(edge));
  // Each branch sees numbers for which it is meant only.
  const w = graph.sub(graph.where(inside, y, half), half);
  const square = graph.mul(w, w);
  const share = graph.div(
    graph.mul(square, polynomial(graph, square, centre.above)),
    polynomial(graph, square, centre.below),
  );
  const middle = graph.mul(graph.add(w, graph.mul(w, share)), graph.float64(2.5066282746310007));
  const small = graph.where(inside, graph.float64(edge), y);
  const x = graph.sqrt(graph.mul(graph.float64(-2), graph.log(small)));
  const first = graph.sub(x, graph.div(graph.log(x), x));
  const z = graph.div(one, x);
  const second = graph.div(graph.mul(z, polynomial(graph, z, tail.above)), polynomial(graph, z, tail.below));
  const outer = graph.sub(first, second);
  const result = graph.where(inside, middle, graph.neg(outer));
  return graph.where(upper, graph.neg(result), result);
}

function polynomial(graph: GraphBuilder, x: Value, coefficients: readonly number[]): Value {
  let sum = graph.float64(coefficients[0]!);
  for (const coefficient of coefficients.slice(1)) sum = graph.add(graph.mul(sum, x), graph.float64(coefficient));
  return sum;
}
