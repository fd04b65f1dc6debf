import type { GraphBuilder, Value } from "@modelkeep/onnx";

// Coefficients of ndtri in the Cephes mathematical library of S. L. Moshier (https://www.netlib.org/cephes/), highest power first.
const centre = {
  above: [
    -5.99633501014107895267e1, 9.80010754185999661536e1, -5.66762857469070293439e1, 1.39312609387279679503e1,
    -1.23916583867381258016,
  ],
  below: [
    1, 1.95448858338141759834, 4.67627912898881538453, 8.63602421390890590575e1, -2.25462687854119370527e2,
    2.00260212380060660359e2, -8.20372256168333339912e1, 1.59056225126211695515e1, -1.18331621121330003142,
  ],
};
const tail = {
  above: [
    4.05544892305962419923, 3.15251094599893866154e1, 5.71628192246421288162e1, 4.408050738932008347e1,
    1.46849561928858024014e1, 2.18663306850790267539, -1.40256079171354495875e-1, -3.50424626827848203418e-2,
    -8.57456785154685413611e-4,
  ],
  below: [
    1, 1.57799883256466749731e1, 4.53907635128879210584e1, 4.1317203825467203044e1, 1.50425385692907503408e1,
    2.50464946208309415979, -1.42182922854787788574e-1, -3.80806407691578277194e-2, -9.33259480895457427372e-4,
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
  const middle = graph.mul(graph.add(w, graph.mul(w, share)), graph.float64(2.50662827463100050242));
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
