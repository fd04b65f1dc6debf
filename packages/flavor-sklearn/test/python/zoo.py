"""Fits many small scikit-learn models and records what they predict.

    python zoo.py <folder> [seed] [name-prefix ...]

Writes <name>.pkl or <name>.joblib and <name>.json for each model, and index.json. The data are made here; nothing is
downloaded. What an installed version of scikit-learn does not have is left out and named in index.json.
"""
import json
import os
import pickle
import sys
import warnings

import joblib
import numpy as np
import sklearn

warnings.filterwarnings("ignore")
FOLDER, SEED = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
ONLY = sys.argv[3:]
METHODS = ["predict", "predict_proba", "decision_function", "score_samples", "transform"]
index, skipped = [], []


def plain(value):
    value = value.toarray() if hasattr(value, "toarray") else value
    if isinstance(value, list):
        return {"$list": [plain(each) for each in value]}
    value = np.asarray(value)
    if value.dtype.kind in "fc":
        return json.loads(json.dumps(value.tolist()).replace("-Infinity", '"-Infinity"').replace("NaN", '"NaN"')
                          .replace(' Infinity', ' "Infinity"').replace('[Infinity', '["Infinity"'))
    return value.tolist()


def record(name, make, X, y=None, test=None, methods=None, edge=None, columns=None, kind="matrix"):
    if ONLY and not any(name.startswith(each) for each in ONLY):
        return
    try:
        model = make()
        model = model.fit(X, y) if y is not None else model.fit(X)
    except Exception as error:
        skipped.append("%s: %s" % (name, str(error)[:120]))
        return
    test = X[::3] if test is None else test

    def outputs(rows):
        found = {}
        for method in methods or METHODS:
            if method == "transform" and methods is None and hasattr(model, "predict"):
                continue
            if hasattr(model, method):
                found[method] = plain(getattr(model, method)(rows))
        return found

    file = name + (".joblib" if len(index) % 2 else ".pkl")
    if file.endswith("joblib"):
        joblib.dump(model, os.path.join(FOLDER, file))
    else:
        with open(os.path.join(FOLDER, file), "wb") as out:
            pickle.dump(model, out, protocol=2 + len(index) % 4)
    rows = test.values.tolist() if hasattr(test, "values") else test if kind == "text" else plain(test)
    rows = [["NaN" if isinstance(c, float) and c != c else c for c in r] for r in rows] if columns else rows
    try:
        item = {"id": name, "kind": "", "input": {"type": kind}, "X": rows, "outputs": outputs(test)}
    except Exception as error:
        skipped.append("%s: %s" % (name, str(error)[:120]))
        return
    if columns:
        item["input"]["columns"] = [{"name": c, "dtype": ""} for c in columns]
    if edge is not None:
        item["X_edge"], item["outputs_edge"] = plain(edge), outputs(edge)
    with open(os.path.join(FOLDER, name + ".json"), "w") as out:
        json.dump(item, out)
    index.append({"id": name, "json": name + ".json", "files": [file]})


def edges(model, X, count=60):
    """Rows with one value on, just below or just above a threshold of a tree."""
    trees = np.ravel(getattr(model, "estimators_", [model])).tolist()
    rows = []
    r = np.random.RandomState(SEED)
    while len(rows) < count:
        tree = trees[r.randint(len(trees))].tree_
        node = r.randint(tree.node_count)
        if tree.children_left[node] < 0:
            if tree.node_count == 1:
                break
            continue
        row = X[r.randint(len(X))].copy()
        t = tree.threshold[node]
        f = np.float32(t)
        row[tree.feature[node]] = [t, np.nextafter(t, np.inf), np.nextafter(t, -np.inf), f, np.nextafter(f, np.float32(np.inf)),
                                   np.nextafter(f, np.float32(-np.inf)), (float(f) + float(np.nextafter(f, np.float32(np.inf)))) / 2][r.randint(7)]
        rows.append(row)
    return np.array(rows) if rows else None


def tree(name, make, X, y):
    if ONLY and not any(name.startswith(each) for each in ONLY):
        return
    try:
        model = make().fit(X, y)
    except Exception as error:
        skipped.append("%s: %s" % (name, str(error)[:120]))
        return
    record(name, make, X, y, edge=edges(model, X))


def main():
    rng = np.random.RandomState(SEED)
    n = 240
    X = rng.randn(n, 6) * [1, 10, .1, 3, 100, 1] + [0, 5, 1, -2, 30, 0]
    score = X[:, 0] + X[:, 1] / 10 - 3 * X[:, 2] + rng.randn(n) * .5 + np.sin(X[:, 3])
    y2, y3 = (score > np.median(score)).astype(int), np.digitize(score, np.quantile(score, [.33, .66]))
    words = np.array(["red", "green", "blue"], dtype=object)[y3]
    r, r2 = score * 12 + 100, np.c_[score * 12 + 100, -score]
    positive = np.abs(X) + .01
    counts = rng.poisson(2, (n, 6)).astype(float)
    holes = X.copy()
    holes[rng.rand(*X.shape) < .15] = np.nan
    rs = SEED + 1

    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor
    from sklearn import ensemble as E
    from sklearn import linear_model as L
    from sklearn import preprocessing as P
    from sklearn import svm as S
    from sklearn import neighbors as N
    from sklearn import naive_bayes as B
    from sklearn import feature_selection as F
    from sklearn import decomposition as D
    from sklearn.pipeline import FeatureUnion, make_pipeline, make_union
    from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
    from sklearn.impute import MissingIndicator, SimpleImputer

    # Trees
    tree("tree_gini", lambda: DecisionTreeClassifier(random_state=rs), X, words)
    tree("tree_one_leaf", lambda: DecisionTreeClassifier(max_depth=1, min_samples_leaf=n), X, y3)
    tree("tree_weighted", lambda: DecisionTreeClassifier(class_weight={0: .3, 1: .7, 2: 1.1}, max_depth=6), X, y3)
    tree("tree_bool", lambda: DecisionTreeClassifier(max_depth=3), X, y2 > 0)
    tree("tree_float_labels", lambda: DecisionTreeClassifier(max_depth=3), X, y3 + .5)
    tree("tree_negative_labels", lambda: ExtraTreeClassifier(max_depth=5, random_state=rs), X, y3 * 5 - 7)
    tree("tree_regressor", lambda: DecisionTreeRegressor(max_depth=7), X, r)
    tree("tree_regressor_absolute", lambda: DecisionTreeRegressor(criterion="absolute_error", max_depth=4), X, r)
    record("tree_regressor_two", lambda: ExtraTreeRegressor(max_depth=5, random_state=rs), X, r2)
    record("tree_two_outputs", lambda: DecisionTreeClassifier(max_depth=4), X, np.c_[y3, y2])
    record("tree_pruned", lambda: DecisionTreeClassifier(ccp_alpha=.01), X, y3)
    tree("forest", lambda: E.RandomForestClassifier(25, random_state=rs), X, words)
    tree("forest_many_classes", lambda: E.RandomForestClassifier(12, max_depth=8, random_state=rs), X, np.digitize(score, np.linspace(-2, 2, 11)))
    tree("forest_no_bootstrap", lambda: E.ExtraTreesClassifier(15, max_features=2, random_state=rs), X, y3)
    tree("forest_balanced", lambda: E.RandomForestClassifier(15, class_weight="balanced_subsample", max_leaf_nodes=12, random_state=rs), X, y2)
    tree("forest_regressor", lambda: E.RandomForestRegressor(30, random_state=rs), X, r)
    record("forest_regressor_two", lambda: E.ExtraTreesRegressor(10, random_state=rs), X, r2)
    record("forest_two_outputs", lambda: E.RandomForestClassifier(7, max_depth=4, random_state=rs), X, np.c_[words, np.array(["a", "b"], dtype=object)[y2]])
    record("forest_mixed_outputs", lambda: E.RandomForestClassifier(7, max_depth=4, random_state=rs), X, np.c_[y3, y2 * 3])
    record("forest_holes", lambda: E.RandomForestClassifier(10, random_state=rs), holes, y3)
    record("tree_holes", lambda: DecisionTreeRegressor(max_depth=6), holes, r)
    record("tree_embedding_scaled", lambda: make_pipeline(P.StandardScaler(), P.MinMaxScaler(), E.RandomForestRegressor(9, random_state=rs)), X, r)
    for loss in ["squared_error", "absolute_error", "huber", "quantile"]:
        tree("boost_" + loss, lambda: E.GradientBoostingRegressor(n_estimators=15, loss=loss, learning_rate=.3, random_state=rs), X, r)
    tree("boost_zero", lambda: E.GradientBoostingRegressor(n_estimators=9, init="zero", random_state=rs), X, r)
    tree("boost_two", lambda: E.GradientBoostingClassifier(n_estimators=12, subsample=.7, random_state=rs), X, y2)
    tree("boost_exponential", lambda: E.GradientBoostingClassifier(n_estimators=12, loss="exponential", random_state=rs), X, y2)
    tree("boost_three", lambda: E.GradientBoostingClassifier(n_estimators=8, max_depth=4, random_state=rs), X, words)
    record("boost_zero_class", lambda: E.GradientBoostingClassifier(n_estimators=8, init="zero", random_state=rs), X, y3)
    record("boost_init", lambda: E.GradientBoostingClassifier(n_estimators=5, init=L.LogisticRegression(max_iter=2000), random_state=rs), P.scale(X), y3)
    record("boost_init_regressor", lambda: E.GradientBoostingRegressor(n_estimators=5, init=L.Ridge(), random_state=rs), X, r)
    for loss in ["squared_error", "absolute_error", "poisson", "gamma", "quantile"]:
        options = {"quantile": .3} if loss == "quantile" else {}
        record("hist_" + loss, lambda: E.HistGradientBoostingRegressor(loss=loss, max_iter=12, **options), holes, np.abs(r))
    record("hist_two", lambda: E.HistGradientBoostingClassifier(max_iter=15), holes, y2)
    record("hist_three", lambda: E.HistGradientBoostingClassifier(max_iter=9, max_leaf_nodes=7, learning_rate=.2), holes, words)
    cats = np.c_[X[:, :3], rng.randint(0, 8, n), rng.randint(0, 3, n)]
    cats[::17, 3] = np.nan
    unseen = cats[::3].copy()
    unseen[::5, 3] = 100
    unseen[1::5, 4] = np.nan
    record("hist_categories", lambda: E.HistGradientBoostingClassifier(max_iter=10, categorical_features=[3, 4]), cats, (y3 + cats[:, 4]).astype(int) % 3, test=unseen)
    record("hist_categories_only", lambda: E.HistGradientBoostingRegressor(max_iter=10, min_samples_leaf=3, categorical_features=[0, 1]), cats[:, 3:], r * (1 + cats[:, 4]), test=unseen[:, 3:])
    record("isolation", lambda: E.IsolationForest(n_estimators=15, random_state=rs), X)
    record("isolation_part", lambda: E.IsolationForest(n_estimators=15, max_features=3, max_samples=50, contamination=.1, bootstrap=True, random_state=rs), X)

    # Linear models
    Z = P.scale(X)
    for name in ["LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet", "ElasticNetCV", "Lars", "LarsCV", "LassoLars",
                 "LassoLarsCV", "LassoLarsIC", "OrthogonalMatchingPursuit", "OrthogonalMatchingPursuitCV", "BayesianRidge", "ARDRegression",
                 "HuberRegressor", "TheilSenRegressor", "SGDRegressor", "PassiveAggressiveRegressor", "QuantileRegressor", "RANSACRegressor"]:
        record("linear_" + name, lambda: getattr(L, name)(), Z, r)
    for name in ["MultiTaskLasso", "MultiTaskElasticNet", "LinearRegression", "Ridge"]:
        record("linear_two_" + name, lambda: getattr(L, name)(), Z, r2)
    record("linear_no_intercept", lambda: L.LinearRegression(fit_intercept=False), Z, r)
    record("linear_one_column", lambda: L.LinearRegression(), Z, r[:, None])
    record("linear_one_feature", lambda: make_pipeline(P.StandardScaler(with_mean=False), L.Ridge()), X[:, :1], r)
    record("linear_one_feature_mlp", lambda: make_pipeline(P.MaxAbsScaler(), L.LogisticRegression()), X[:, :1], y3)
    for name in ["PoissonRegressor", "GammaRegressor", "TweedieRegressor"]:
        record("linear_" + name, lambda: getattr(L, name)(), Z, np.abs(r) + 1)
    record("linear_tweedie_log", lambda: L.TweedieRegressor(power=1.5), Z, np.abs(r) + 1)
    record("linear_tweedie_identity", lambda: L.TweedieRegressor(power=0, link="identity"), Z, r)
    record("logistic_two", lambda: L.LogisticRegression(), Z, words == "red")
    record("logistic_three", lambda: L.LogisticRegression(C=3), Z, words)
    record("logistic_ovr", lambda: L.LogisticRegression(multi_class="ovr"), Z, y3)
    record("logistic_multinomial_two", lambda: L.LogisticRegression(multi_class="multinomial"), Z, y2)
    record("logistic_liblinear", lambda: L.LogisticRegression(solver="liblinear"), Z, y2)
    record("logistic_liblinear_three", lambda: L.LogisticRegression(solver="liblinear"), Z, y3)
    record("logistic_cv", lambda: L.LogisticRegressionCV(Cs=3, cv=3), Z, y3)
    record("logistic_newton", lambda: L.LogisticRegression(solver="newton-cg", fit_intercept=False), Z, y3)
    for loss in ["hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron", "squared_error"]:
        record("sgd_two_" + loss, lambda: L.SGDClassifier(loss=loss, random_state=rs), Z, y2)
        record("sgd_three_" + loss, lambda: L.SGDClassifier(loss=loss, random_state=rs), Z, words)
    record("perceptron", lambda: L.Perceptron(random_state=rs), Z, y3)
    record("passive", lambda: L.PassiveAggressiveClassifier(random_state=rs), Z, y3)
    record("ridge_classifier", lambda: L.RidgeClassifier(), Z, words)
    record("ridge_classifier_two", lambda: L.RidgeClassifierCV(), Z, y2)
    record("linear_svc", lambda: S.LinearSVC(dual=False), Z, y2)
    record("linear_svr", lambda: S.LinearSVR(dual=True, random_state=rs), Z, r)
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis as LDA, QuadraticDiscriminantAnalysis as QDA
    record("lda", lambda: LDA(), X, words)
    record("lda_two", lambda: LDA(solver="lsqr", shrinkage="auto"), X, y2)
    record("lda_eigen", lambda: LDA(solver="eigen", n_components=1), X, y3, methods=["predict", "predict_proba", "decision_function", "transform"])
    record("lda_transform", lambda: make_pipeline(LDA(n_components=2), L.LogisticRegression()), X, y3)
    record("qda", lambda: QDA(reg_param=.1), X, words)
    record("qda_two", lambda: QDA(), X, y2)

    # Kernels, neighbours, likelihoods, networks, clusters
    for kernel in ["linear", "rbf", "poly", "sigmoid"]:
        record("svc_" + kernel, lambda: S.SVC(kernel=kernel, probability=True, random_state=rs), Z, words)
        record("svc_two_" + kernel, lambda: S.SVC(kernel=kernel, gamma=.2, coef0=.5, probability=True, random_state=rs), Z, y2)
    record("svc_ovo", lambda: S.SVC(decision_function_shape="ovo"), Z, y3)
    record("svc_break_ties", lambda: S.SVC(break_ties=True), Z, y3)
    record("svc_ten", lambda: S.SVC(probability=True, random_state=rs), Z, np.digitize(score, np.quantile(score, np.linspace(.15, .85, 6))))
    record("svc_nu", lambda: S.NuSVC(nu=.2, probability=True, random_state=rs), Z, y3)
    record("svr", lambda: S.SVR(C=10), Z, r)
    record("svr_poly", lambda: S.SVR(kernel="poly", degree=2, coef0=1), Z, r)
    record("svr_nu", lambda: S.NuSVR(), Z, r)
    record("one_class", lambda: S.OneClassSVM(nu=.2), Z)
    for metric in ["euclidean", "manhattan", "chebyshev", "minkowski"]:
        record("knn_" + metric, lambda: N.KNeighborsClassifier(5, metric=metric, p=3, algorithm="brute"), Z, words, test=Z[::3] + .01)
    record("knn_distance", lambda: N.KNeighborsClassifier(4, weights="distance"), Z, y3)
    record("knn_ball", lambda: N.KNeighborsRegressor(3, weights="distance", algorithm="ball_tree"), Z, r)
    record("knn_two", lambda: N.KNeighborsRegressor(3), Z, r2, test=Z[::3] + .01)
    record("knn_two_outputs", lambda: N.KNeighborsClassifier(3), Z, np.c_[y3, y2], test=Z[::3] + .01)
    record("centroid", lambda: N.NearestCentroid(), Z, words, methods=["predict"])
    record("nb_gaussian", lambda: B.GaussianNB(), X, words)
    record("nb_multinomial", lambda: B.MultinomialNB(), counts, y3)
    record("nb_complement", lambda: B.ComplementNB(norm=True), counts, y3)
    record("nb_bernoulli", lambda: B.BernoulliNB(binarize=1.0), counts, words)
    record("nb_categorical", lambda: B.CategoricalNB(min_categories=20), counts, words)
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    for activation in ["relu", "tanh", "logistic", "identity"]:
        record("mlp_" + activation, lambda: MLPClassifier((8, 5), activation=activation, max_iter=40, random_state=rs), Z, words)
        record("mlp_regressor_" + activation, lambda: MLPRegressor(hidden_layer_sizes=(6,), activation=activation, max_iter=40, random_state=rs), Z, r2 if activation == "tanh" else r)
    record("mlp_two", lambda: MLPClassifier((8,), max_iter=40, random_state=rs), Z, y2)
    from sklearn.cluster import KMeans, MiniBatchKMeans
    record("kmeans", lambda: KMeans(4, n_init=2, random_state=rs), Z, methods=["predict", "transform"])
    record("kmeans_batch", lambda: MiniBatchKMeans(3, n_init=2, random_state=rs), Z, methods=["predict", "transform"])
    from sklearn.isotonic import IsotonicRegression
    record("isotonic", lambda: IsotonicRegression(out_of_bounds="clip"), X[:, :1], r, test=X[::3, :1] * 1.2)

    # Transformers
    tests = np.r_[X[::3], X[:5] * 3, X[:3] * -2]
    for name, make in {
        "standard": P.StandardScaler, "standard_no_mean": lambda: P.StandardScaler(with_mean=False), "standard_no_std": lambda: P.StandardScaler(with_std=False),
        "minmax": P.MinMaxScaler, "minmax_clip": lambda: P.MinMaxScaler((-2, 3), clip=True), "maxabs": P.MaxAbsScaler, "robust": P.RobustScaler,
        "robust_unit": lambda: P.RobustScaler(with_centering=False, unit_variance=True), "l1": lambda: P.Normalizer("l1"), "max": lambda: P.Normalizer("max"),
        "binarizer": lambda: P.Binarizer(threshold=.5), "power": P.PowerTransformer, "power_plain": lambda: P.PowerTransformer(standardize=False),
        "quantile": lambda: P.QuantileTransformer(n_quantiles=40), "quantile_normal": lambda: P.QuantileTransformer(n_quantiles=40, output_distribution="normal"),
        "poly": lambda: P.PolynomialFeatures(3), "poly_interaction": lambda: P.PolynomialFeatures(3, interaction_only=True, include_bias=False),
        "poly_range": lambda: P.PolynomialFeatures((2, 3)), "bins": lambda: P.KBinsDiscretizer(4, encode="ordinal", strategy="uniform"),
        "bins_onehot": lambda: P.KBinsDiscretizer(3, encode="onehot"), "bins_kmeans": lambda: P.KBinsDiscretizer(3, encode="onehot-dense", strategy="kmeans"),
        "pca": lambda: D.PCA(3), "pca_whiten": lambda: D.PCA(2, whiten=True), "pca_one": lambda: make_pipeline(D.PCA(1, whiten=True), P.MaxAbsScaler()),
        "pca_incremental": lambda: D.IncrementalPCA(3, whiten=True), "svd": lambda: D.TruncatedSVD(3, random_state=rs), "ica": lambda: D.FastICA(3, random_state=rs),
        "variance": lambda: F.VarianceThreshold(.5), "log": lambda: P.FunctionTransformer(np.tanh), "identity": lambda: P.FunctionTransformer(),
    }.items():
        record("transform_" + name, make, X, test=tests, methods=["transform"])
    record("transform_box_cox", lambda: P.PowerTransformer("box-cox"), positive, methods=["transform"])
    for name in ["log1p", "sqrt", "log", "exp", "square", "log2", "log10", "expm1", "reciprocal", "cbrt"]:
        record("transform_np_" + name, lambda: P.FunctionTransformer(getattr(np, name)), positive / 10, methods=["transform"])
    repeated = np.round(X)
    record("transform_quantile_ties", lambda: P.QuantileTransformer(n_quantiles=50), repeated, test=np.r_[repeated[::3], holes[::7]], methods=["transform"])
    record("transform_bins_ties", lambda: P.KBinsDiscretizer(4, encode="ordinal", strategy="quantile"), repeated, methods=["transform"])
    for strategy in ["mean", "median", "most_frequent", "constant"]:
        record("impute_" + strategy, lambda: SimpleImputer(strategy=strategy, add_indicator=strategy == "mean", fill_value=-1 if strategy == "constant" else None), holes, methods=["transform"])
    record("impute_zero", lambda: SimpleImputer(missing_values=0, add_indicator=True), counts, methods=["transform"])
    empty = holes.copy()
    empty[:, 2] = np.nan
    record("impute_empty", lambda: SimpleImputer(), empty, methods=["transform"])
    record("impute_keep_empty", lambda: SimpleImputer(keep_empty_features=True), empty, methods=["transform"])
    record("indicator", lambda: MissingIndicator(), holes, methods=["transform"])
    for name, make in {
        "kbest": lambda: F.SelectKBest(k=3), "all": lambda: F.SelectKBest(k="all"), "percentile": lambda: F.SelectPercentile(percentile=40), "fpr": lambda: F.SelectFpr(alpha=.2),
        "fdr": lambda: F.SelectFdr(alpha=.3), "fwe": lambda: F.SelectFwe(alpha=.4), "generic": lambda: F.GenericUnivariateSelect(mode="k_best", param=2),
        "model": lambda: F.SelectFromModel(L.LogisticRegression()), "model_l1": lambda: F.SelectFromModel(L.LogisticRegression(penalty="l1", solver="liblinear", C=.1)),
        "model_median": lambda: F.SelectFromModel(L.Ridge(), threshold="1.1*median"), "model_forest": lambda: F.SelectFromModel(E.RandomForestClassifier(9, random_state=rs)),
        "model_boost": lambda: F.SelectFromModel(E.GradientBoostingClassifier(n_estimators=4, random_state=rs), max_features=2),
        "sequential": lambda: F.SequentialFeatureSelector(L.Ridge(), n_features_to_select=2, cv=2),
    }.items():
        record("select_" + name, make, Z, y3, methods=["transform"])
    record("rfe_step", lambda: make_pipeline(F.RFE(L.LogisticRegression(), n_features_to_select=3), B.GaussianNB()), Z, words)
    record("rfe_predict", lambda: F.RFECV(L.LogisticRegression(), cv=3), Z, words, methods=["predict", "predict_proba", "decision_function"])

    # Models of models
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
    from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
    from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor, RegressorChain
    from sklearn.dummy import DummyClassifier, DummyRegressor
    base = lambda: [("lr", make_pipeline(P.StandardScaler(), L.LogisticRegression())), ("nb", B.GaussianNB()), ("dt", DecisionTreeClassifier(max_depth=4, random_state=rs))]
    trees = lambda: [("a", DecisionTreeClassifier(max_depth=4)), ("b", E.RandomForestClassifier(5, random_state=rs)), ("c", E.ExtraTreesClassifier(4, random_state=rs))]
    values = lambda: [("r", L.Ridge()), ("dt", DecisionTreeRegressor(max_depth=4))]
    for voting in ["soft", "hard"]:
        record("vote_" + voting, lambda: E.VotingClassifier(base(), voting=voting, weights=[2, 1, 1.5]), Z, words)
        record("vote_trees_" + voting, lambda: E.VotingClassifier(trees(), voting=voting), Z, y3)
    record("vote_dropped", lambda: E.VotingClassifier(base(), voting="soft", weights=[2, 1, 1.5]).set_params(nb="drop"), Z, words)
    record("vote_regressor", lambda: E.VotingRegressor(values(), weights=[1, 3]), Z, r)
    record("stack", lambda: E.StackingClassifier(base(), L.LogisticRegression(), cv=2), Z, words)
    record("stack_two", lambda: E.StackingClassifier(base() + [("svc", S.SVC())], E.RandomForestClassifier(5, random_state=rs), cv=2, passthrough=True), Z, y2)
    record("stack_predict", lambda: E.StackingClassifier(base(), L.LogisticRegression(), cv=2, stack_method="predict"), Z, y3)
    record("stack_regressor", lambda: E.StackingRegressor(values(), L.Ridge(), cv=2, passthrough=True), Z, r)
    record("bag", lambda: E.BaggingClassifier(n_estimators=7, max_samples=.3, max_features=.5, bootstrap_features=True, random_state=rs), Z, words)
    record("bag_linear", lambda: E.BaggingClassifier(L.LogisticRegression(), n_estimators=4, random_state=rs), Z, y3)
    record("bag_votes", lambda: E.BaggingClassifier(L.RidgeClassifier(), n_estimators=4, random_state=rs), Z, y3, methods=["predict", "predict_proba"])
    record("bag_regressor", lambda: E.BaggingRegressor(n_estimators=7, max_features=3, random_state=rs), Z, r)
    for algorithm in ["SAMME", "SAMME.R"]:
        options = {"algorithm": algorithm} if sklearn.__version__ < "1.6" else {}
        record("ada_" + algorithm.replace(".", ""), lambda: E.AdaBoostClassifier(n_estimators=9, random_state=rs, **options), Z, words)
        record("ada_two_" + algorithm.replace(".", ""), lambda: E.AdaBoostClassifier(DecisionTreeClassifier(max_depth=2), n_estimators=9, random_state=rs, **options), Z, y2)
    record("ada_regressor", lambda: E.AdaBoostRegressor(n_estimators=11, random_state=rs), Z, r)
    for method in ["sigmoid", "isotonic", "temperature"]:
        record("calibrated_" + method, lambda: CalibratedClassifierCV(B.GaussianNB(), method=method, cv=3), Z, words)
        record("calibrated_two_" + method, lambda: CalibratedClassifierCV(L.RidgeClassifier(), method=method, cv=3), Z, y2)
        record("calibrated_whole_" + method, lambda: CalibratedClassifierCV(E.RandomForestClassifier(5, random_state=rs), method=method, cv=2, ensemble=False), Z, y2)
    record("search_grid", lambda: GridSearchCV(make_pipeline(P.StandardScaler(), S.SVC()), {"svc__C": [1, 3]}, cv=2), X, words)
    record("search_random", lambda: RandomizedSearchCV(L.Ridge(), {"alpha": [1, 3, 9]}, n_iter=2, cv=2, random_state=rs), X, r)
    record("search_transform", lambda: make_pipeline(GridSearchCV(D.PCA(), {"n_components": [2, 3]}, cv=2), L.Ridge()), X, r)
    record("target_log", lambda: TransformedTargetRegressor(L.Ridge(), func=np.log1p, inverse_func=np.expm1), Z, np.abs(r))
    for scaler in [P.StandardScaler(), P.MinMaxScaler(), P.RobustScaler(), P.PowerTransformer(), P.MaxAbsScaler()]:
        record("target_" + type(scaler).__name__, lambda: TransformedTargetRegressor(S.SVR(), transformer=scaler), Z, r)
    record("ovr", lambda: OneVsRestClassifier(L.LogisticRegression()), Z, words)
    record("ovr_trees", lambda: OneVsRestClassifier(E.RandomForestClassifier(5, random_state=rs)), Z, y3)
    record("ovr_two", lambda: OneVsRestClassifier(S.SVC()), Z, y2)
    record("ovo", lambda: OneVsOneClassifier(S.LinearSVC(dual=False)), Z, words)
    record("ovo_nb", lambda: OneVsOneClassifier(B.GaussianNB()), Z, y3)
    record("ovo_two", lambda: OneVsOneClassifier(L.LogisticRegression()), Z, y2)
    record("outputs_classifier", lambda: MultiOutputClassifier(L.LogisticRegression()), Z, np.c_[y3, y2])
    record("outputs_regressor", lambda: MultiOutputRegressor(E.GradientBoostingRegressor(n_estimators=5)), Z, r2)
    record("chain", lambda: RegressorChain(L.Ridge(), order=[1, 0]), Z, r2)
    record("dummy_prior", lambda: DummyClassifier(strategy="prior"), Z, words)
    record("dummy_frequent", lambda: DummyClassifier(strategy="most_frequent"), Z, y3)
    record("dummy_regressor", lambda: DummyRegressor(strategy="median"), Z, r)
    try:
        from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
        record("threshold_fixed", lambda: FixedThresholdClassifier(L.LogisticRegression(), threshold=.3), Z, y2)
        record("threshold_tuned", lambda: TunedThresholdClassifierCV(L.LogisticRegression(), cv=2), Z, y2)
    except ImportError:
        skipped.append("threshold classifiers")
    record("union", lambda: make_pipeline(FeatureUnion([("p", D.PCA(2)), ("one", D.PCA(1)), ("s", P.StandardScaler()), ("same", "passthrough")], transformer_weights={"p": 3, "one": .3}), L.Ridge()), X, r)
    record("pipeline_none", lambda: make_pipeline("passthrough", P.StandardScaler(), None, L.Ridge()), X, r)
    record("columns_mixed", lambda: make_pipeline(ColumnTransformer([("a", P.StandardScaler(), [0, -1]), ("b", "passthrough", slice(2, 4)), ("c", P.KBinsDiscretizer(3), np.array([False, True, False, False, False, False]))],
                                                  remainder=P.MinMaxScaler(), transformer_weights={"a": 2}), E.RandomForestClassifier(6, random_state=rs)), X, words)

    # Tables and texts
    try:
        import pandas as pd
    except ImportError:
        skipped.append("tables: pandas is not installed")
    else:
        table = pd.DataFrame({"size": X[:, 1], "price €": positive[:, 4], "colour": words, "grade": rng.randint(1, 5, n), "shop": np.array(["a", "b", "c", "rare", "seldom"], dtype=object)[rng.choice(5, n, p=[.4, .3, .26, .02, .02])], "unused": X[:, 5]})
        table.loc[::9, "size"] = np.nan
        missing = table.copy()
        missing.loc[::7, "colour"] = np.nan
        names = list(table.columns)
        unknown = table.iloc[::3].copy()
        unknown.iloc[::4, 2] = "never seen"
        for name, options in {"ignore": {"handle_unknown": "ignore"}, "infrequent": {"handle_unknown": "infrequent_if_exist", "min_frequency": 10}, "drop": {"drop": "if_binary", "handle_unknown": "ignore"},
                              "first": {"drop": "first", "handle_unknown": "ignore", "min_frequency": 10}}.items():
            record("table_onehot_" + name, lambda: make_pipeline(ColumnTransformer([("n", make_pipeline(SimpleImputer(), P.StandardScaler()), ["size", "price €"]), ("c", P.OneHotEncoder(**options), ["colour", "shop", "grade"])]), L.LogisticRegression()), table, y3, test=unknown, columns=names)
        record("table_ordinal", lambda: make_pipeline(ColumnTransformer([("o", P.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["colour", "shop"])], remainder="drop"), DecisionTreeClassifier(max_depth=4)), table, y3, test=unknown, columns=names)
        record("table_ordinal_infrequent", lambda: make_pipeline(ColumnTransformer([("o", P.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, min_frequency=10), ["colour", "shop"])], remainder="drop"), DecisionTreeClassifier(max_depth=4)), table, y3, test=unknown, columns=names)
        record("table_missing", lambda: make_pipeline(ColumnTransformer([("c", make_pipeline(SimpleImputer(strategy="most_frequent"), P.OneHotEncoder(handle_unknown="ignore")), ["colour"])], remainder="drop"), L.LogisticRegression()), missing, y2, test=missing.iloc[::3], columns=names)
        record("table_missing_category", lambda: make_pipeline(ColumnTransformer([("c", P.OneHotEncoder(handle_unknown="ignore"), ["colour"])], remainder="drop"), L.LogisticRegression()), missing, y2, test=missing.iloc[::3], columns=names)
        record("table_target", lambda: make_pipeline(ColumnTransformer([("c", P.TargetEncoder(random_state=rs), ["colour", "shop"])], remainder="drop"), L.Ridge()), table, r, test=unknown, columns=names)
        record("table_slice", lambda: make_pipeline(ColumnTransformer([("s", SimpleImputer(), slice("size", "price €")), ("rest", "passthrough", ["unused", "grade"])]), E.RandomForestRegressor(5, random_state=rs)), table, r, test=table.iloc[::3], columns=names)
        record("table_numbers", lambda: make_pipeline(P.StandardScaler(), L.Ridge()), table[["price €", "unused"]], r, test=table[["price €", "unused"]].iloc[::3], columns=["price €", "unused"])
        record("table_hist", lambda: E.HistGradientBoostingClassifier(max_iter=8, categorical_features="from_dtype"), table.assign(colour=table.colour.astype("category"), shop=table.shop.astype("category")), y3, test=table.assign(colour=table.colour.astype("category"), shop=table.shop.astype("category")).iloc[::3], columns=names)
        record("table_frame_out", lambda: make_pipeline(ColumnTransformer([("n", P.StandardScaler(), ["price €"]), ("c", P.OneHotEncoder(sparse_output=False), ["colour"])]).set_output(transform="pandas"), E.RandomForestClassifier(4, random_state=rs)), table, y3, test=table.iloc[::3], columns=names)
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
    texts = [" ".join(rng.choice(["Ware", "wären", "e-mail", "naïve", "cat's", "das", "the", "of", "ΣΑΣ", "x", "42", "2nd", "foo_bar", "中文", "über"], 7)) for _ in range(n)]
    probes = texts[::5] + ["", "İstanbul ǅ ﬁ", "a\u00a0b\tc  d", "THE Of", "e\u0301te\u0301 été"]
    for name, make in {"count": CountVectorizer, "bigrams": lambda: TfidfVectorizer(ngram_range=(1, 3), min_df=2), "stop": lambda: TfidfVectorizer(stop_words="english", sublinear_tf=True),
                       "stop_list": lambda: CountVectorizer(stop_words=["das", "42"], binary=True), "ascii": lambda: CountVectorizer(strip_accents="ascii", lowercase=False), "unicode": lambda: TfidfVectorizer(strip_accents="unicode", norm="l1"),
                       "char": lambda: CountVectorizer(analyzer="char", ngram_range=(1, 3)), "char_wb": lambda: TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), max_features=300, use_idf=False),
                       "pattern": lambda: CountVectorizer(token_pattern=r"[a-zA-Z]{2,}"), "pattern_group": lambda: CountVectorizer(token_pattern=r"(?u)\b(\w+)-?\b"), "any": lambda: TfidfVectorizer(token_pattern=r"\S+", norm=None)}.items():
        record("text_" + name, make, texts, test=probes, kind="text", methods=["transform"])
    record("text_pipeline", lambda: make_pipeline(CountVectorizer(), TfidfTransformer(), L.SGDClassifier(loss="log_loss", random_state=rs)), texts, words, test=probes, kind="text")
    record("text_union", lambda: make_pipeline(make_union(CountVectorizer(), TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 2))), B.MultinomialNB()), texts, words, test=probes, kind="text")
    record("text_svd", lambda: make_pipeline(TfidfVectorizer(), D.TruncatedSVD(4, random_state=rs), P.Normalizer(), S.LinearSVC(dual=False)), texts, words, test=probes, kind="text")


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    main()
    with open(os.path.join(FOLDER, "index.json"), "w") as out:
        json.dump({"sklearn": sklearn.__version__, "numpy": np.__version__, "joblib": joblib.__version__, "seed": SEED, "models": index, "skipped": skipped}, out, indent=1)
    print("%d models, %d left out" % (len(index), len(skipped)))
