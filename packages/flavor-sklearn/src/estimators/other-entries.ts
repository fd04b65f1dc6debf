import {
  bernoulliNaiveBayes,
  categoricalNaiveBayes,
  complementNaiveBayes,
  gaussianNaiveBayes,
  multinomialNaiveBayes,
} from "./bayes/naive-bayes.js";
import { kMeans } from "./cluster/k-means.js";
import { entry } from "./entry.js";
import { kNeighborsClassifier, kNeighborsRegressor, nearestCentroid } from "./neighbors/neighbors.js";
import { mlpClassifier, mlpRegressor } from "./neural/perceptron.js";
import { oneClassSvm, svc, svr } from "./svm/svm.js";

const svm = "svm._classes svm.classes";
const kernels = "kernels linear, poly, rbf and sigmoid";
const network = "neural_network._multilayer_perceptron neural_network.multilayer_perceptron";
const metrics = "metrics euclidean, manhattan, chebyshev and minkowski; of equally distant rows the first counts";
const clusters = "cluster._kmeans cluster.k_means_";

/** Kernels, neighbours, likelihoods and networks. */
export const otherEntries = [
  entry(svm, "SVC", svc, "bounded", kernels),
  entry(svm, "NuSVC", svc, "bounded", kernels),
  entry(svm, "SVR", svr, "bounded", kernels),
  entry(svm, "NuSVR", svr, "bounded", kernels),
  entry(svm, "OneClassSVM", oneClassSvm, "bounded", kernels),
  entry(
    "neighbors._classification neighbors.classification",
    "KNeighborsClassifier",
    kNeighborsClassifier,
    "bounded",
    metrics,
  ),
  entry("neighbors._regression neighbors.regression", "KNeighborsRegressor", kNeighborsRegressor, "bounded", metrics),
  entry(
    "neighbors._nearest_centroid neighbors.nearest_centroid",
    "NearestCentroid",
    nearestCentroid,
    "bounded",
    "euclidean metric, equal priors",
  ),
  entry("naive_bayes", "GaussianNB", gaussianNaiveBayes, "bounded"),
  entry("naive_bayes", "MultinomialNB", multinomialNaiveBayes, "bounded"),
  entry("naive_bayes", "ComplementNB", complementNaiveBayes, "bounded"),
  entry("naive_bayes", "BernoulliNB", bernoulliNaiveBayes, "bounded"),
  entry("naive_bayes", "CategoricalNB", categoricalNaiveBayes, "bounded"),
  entry(network, "MLPClassifier", mlpClassifier, "bounded", "one label per row"),
  entry(network, "MLPRegressor", mlpRegressor, "bounded"),
  entry(clusters, "KMeans", kMeans, "bounded"),
  entry(clusters, "MiniBatchKMeans", kMeans, "bounded"),
];
