export { explain } from "./explain.ts";
export { type Facts, type Finding, textOf, type Unseen } from "./finding.ts";
