/** What is served of batch: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { cronjobs } from "./cron-job.ts";
import { cronJobRules } from "./cron-job-rules.ts";
import { jobs } from "./job.ts";
import { jobRules } from "./job-rules.ts";

export const batchKinds: readonly Served[] = [served(cronjobs, cronJobRules), served(jobs, jobRules)];
