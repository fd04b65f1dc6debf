import { writeApiReports } from "./api-report.js";

writeApiReports();
