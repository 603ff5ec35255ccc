export { readSchedulerConfiguration, type SchedulerSettings } from "./config/configuration.ts";
export { usualLongestWaitMs } from "./queue.ts";
export { type Scheduler, type SchedulerOptions, startScheduler } from "./scheduler.ts";
