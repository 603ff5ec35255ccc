export { type ComponentPortOptions, openComponentPort } from "./component.ts";
export { type Asked, type Caller, type Delegated, delegated } from "./delegated.ts";
export { type HealthAnswer, type HealthCheck, healthOf } from "./health.ts";
export { HttpError } from "./http-error.ts";
export { type Metric, metricsText, metricsType, processMetrics } from "./metrics.ts";
export { openPort, type Port, type PortOptions } from "./port.ts";
