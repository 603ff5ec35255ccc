/** Makes Jobs by schedules. */
import { type CronJob, cronjobs, jobs } from "#api/mod.ts";
import { controllerOf, index, reconciler, via } from "#client/mod.ts";
import { concludeCronJob, planCronJob, type SeenCronJob } from "./plan.ts";

const jobsOf = index(jobs, (job) => [controllerOf(job)?.uid ?? ""]);

export const cronJobs = reconciler<CronJob, SeenCronJob>({
  name: "cronjob-controller",
  workers: 5,
  of: cronjobs,
  also: [
    via(jobs, (job) => {
      const owner = controllerOf(job);
      return owner?.kind === "CronJob" ? [`${job.metadata.namespace}/${owner.name}`] : [];
    }),
  ],
  see(key, caches) {
    const cron = caches.get(cronjobs, key);
    return cron && { cron, own: caches.by(jobsOf, cron.metadata.uid ?? "") };
  },
  plan: planCronJob,
  conclude: concludeCronJob,
});
