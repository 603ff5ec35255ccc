/** `create deployment`, `job`, `cronjob`: what runs pods. */
import { CliError } from "../../failure.ts";
import { int, list, text } from "../../input/flags.ts";
import { commandWords, generator } from "../../input/generate.ts";

export const deployment = generator({
  failure: "failed to create deployment:",
  required: ["image"],
  use: "create deployment NAME --image=image -- [COMMAND] [args...]",
  long: "Create a deployment with the specified name.",
  examples: "kubectl create deployment my-dep --image=busybox\nkubectl create deployment my-dep --image=nginx --replicas=3 --port=80",
  flags: [
    list("image", "Image names to run. May be repeated."),
    int("port", "The containerPort that the first container exposes.", -1),
    int("replicas|r", "Number of replicas.", 1),
  ],
  build(session, name) {
    const images = session.flags.list("image");
    const command = commandWords(session);
    if (images.length > 1 && command.length > 0) throw new CliError("cannot specify multiple --image options and command");
    const port = session.flags.int("port");
    const containers = images.map((image) => ({
      name: containerName(image),
      image,
      ...(command.length > 0 ? { command } : {}),
      resources: {} as object,
      ports: undefined as unknown,
    }));
    if (port >= 0) for (const container of containers) container.ports = [{ containerPort: port }];
    const labels = { app: name };
    return {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, labels },
      spec: {
        replicas: session.flags.int("replicas"),
        selector: { matchLabels: labels },
        strategy: {},
        template: { metadata: { labels }, spec: { containers } },
      },
      status: {},
    };
  },
});

/** `registry/path/nginx:1@sha256:…` gives `nginx`, in letters that a container name may have. */
function containerName(image: string): string {
  const last = image.split("/").at(-1) as string;
  return last.split("@")[0].split(":")[0].replaceAll("_", "-").toLowerCase();
}

export const job = generator({
  failure: "failed to create job:",
  use: "create job NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]",
  long: "Create a job with the specified name.",
  flags: [text("image", "Image name to run."), text("from", "The name of the resource to create a Job from (only cronjob is supported).")],
  async build(session, name) {
    const { flags } = session;
    const from = flags.text("from");
    const image = flags.text("image");
    const command = commandWords(session);
    if ((image === "") === (from === "")) throw new CliError("either --image or --from must be specified");
    if (from !== "" && command.length > 0) throw new CliError("cannot specify --from and command");
    if (from === "") {
      return {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name },
        spec: {
          template: {
            metadata: {},
            spec: { containers: [{ name, image, ...(command.length > 0 ? { command } : {}), resources: {} }], restartPolicy: "Never" },
          },
        },
        status: {},
      };
    }
    const { buildTargets } = await import("../../input/builder.ts");
    const { fetchTargets } = await import("../../objects.ts");
    const found = await fetchTargets(session, await buildTargets(session, { args: [from] }));
    if (found.length !== 1) throw new CliError("from must be an existing cronjob");
    const source = found[0]!.object;
    if (source.kind !== "CronJob") throw new CliError(`unknown object type ${`*${source.apiVersion.replace(/^.*\//, "")}.${source.kind}`}`);
    const { template } = { template: source.spec.jobTemplate };
    return {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: {
        name,
        labels: template.metadata?.labels,
        annotations: { "cronjob.kubernetes.io/instantiate": "manual", ...template.metadata?.annotations },
        ownerReferences: [
          { apiVersion: "batch/v1", kind: "CronJob", name: source.metadata.name, uid: source.metadata.uid as string, controller: true },
        ],
      },
      spec: template.spec,
      status: {},
    };
  },
});

export const cronJob = generator({
  failure: "failed to create cronjob:",
  required: ["image", "schedule"],
  use: "create cronjob NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags]",
  long: "Create a cron job with the specified name.",
  flags: [
    text("image", "Image name to run."),
    text("restart", "Restart policy of the job's pods: OnFailure or Never."),
    text("schedule", "When to run, in cron format."),
  ],
  build(session, name) {
    const { flags } = session;
    const command = commandWords(session);
    const containers = [{ name, image: flags.text("image"), ...(command.length > 0 ? { command } : {}), resources: {} }];
    return {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name },
      spec: {
        schedule: flags.text("schedule"),
        jobTemplate: {
          metadata: { name },
          spec: { template: { metadata: {}, spec: { containers, restartPolicy: flags.text("restart") || "OnFailure" } } },
        },
      },
      status: {},
    };
  },
});
