declare module "ml-cart";
declare module "ml-knn";
declare module "ml-logistic-regression";
declare module "ml-naivebayes";
