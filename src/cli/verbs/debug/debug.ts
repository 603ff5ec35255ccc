/** `debug`: an ephemeral container in a pod, a changed copy of a pod, or a pod in a node's own namespaces. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { systemRandom } from "#base/random.ts";
import type { Command } from "../../command.ts";
import { pathOf } from "../../connect/discovery.ts";
import type { Session } from "../../connect/session.ts";
import { watchEvents } from "../../connect/watch.ts";
import { CliError, messageFor, StatusError } from "../../failure.ts";
import { buildTargets, isNamed } from "../../input/builder.ts";
import { bool, list, pairs, text } from "../../input/flags.ts";
import { createObject, getObject, patchObject } from "../../objects.ts";
import type { KObject } from "../../print/values.ts";
import { type Around, copyOf, ephemeralContainer, nodePod, type Wish } from "./plan.ts";
import { type Container, needsWarning, type PodSpec, profileOf } from "./profiles.ts";
import { isImageReference } from "./reference.ts";

const only = "(This flag only works when used with '--copy-to')";

export const command: Command = {
  use: "debug (POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ]",
  long: "Debug cluster resources using interactive debugging containers.\n\n What is done depends on what is named; a bare name is a pod.\n\n  * A pod gets an ephemeral container while it runs, or with --copy-to is copied with other images, commands and containers.\n  * Of a node, a new pod runs in the host's namespaces, with the host's filesystem at /host.\n\n --profile says how much the container may do, --custom changes that further.",
  examples:
    "# A shell beside the containers of a pod\nkubectl debug mypod -it --image=busybox\n\n# A copy of a pod with a container more\nkubectl debug mypod -it --image=busybox --copy-to=my-debugger\n\n# A copy of a pod in which a container runs another command\nkubectl debug mypod -it --copy-to=my-debugger --container=mycontainer -- sh\n\n# A copy of a pod with other images\nkubectl debug mypod --copy-to=my-debugger --set-image=*=busybox\n\n# A shell on a node\nkubectl debug node/mynode -it --image=busybox",
  flags: [
    bool("arguments-only", "If specified, everything after -- will be passed to the new container as Args instead of Command."),
    bool("attach", "If true, wait for the container to start running, and then attach. True by default with -i/--stdin."),
    text("container|c", "Container name to use for debug container."),
    text("copy-to", "Create a copy of the target Pod with this name."),
    text("custom", "Path to a JSON or YAML file containing a partial container spec to customize built-in debug profiles."),
    pairs("env", "Environment variables to set in the container."),
    list("filename|f", "identifying the resource to debug"),
    text("image", "Container image to use for debug container."),
    text("image-pull-policy", "The image pull policy for the container. If empty, the server chooses one."),
    bool("keep-annotations", `If true, keep the original pod annotations.${only}`),
    bool("keep-init-containers", `Run the init containers for the pod. Defaults to true.${only}`, true),
    bool("keep-labels", `If true, keep the original pod labels.${only}`),
    bool("keep-liveness", `If true, keep the original pod liveness probes.${only}`),
    bool("keep-readiness", `If true, keep the original pod readiness probes.${only}`),
    bool("keep-startup", `If true, keep the original startup probes.${only}`),
    text("profile", 'Options are "general", "baseline", "restricted", "netadmin" or "sysadmin". Defaults to "general"', "general"),
    bool("quiet|q", "If true, suppress informational messages."),
    bool("replace", "When used with '--copy-to', delete the original Pod."),
    bool("same-node", "When used with '--copy-to', schedule the copy of target Pod on the same node."),
    pairs("set-image", "When used with '--copy-to', a list of name=image pairs for changing container images, as for 'kubectl set image'."),
    bool("share-processes", "When used with '--copy-to', enable process namespace sharing in the copy.", true),
    bool("stdin|i", "Keep stdin open on the container(s) in the pod, even if nothing is attached."),
    text("target", "When using an ephemeral container, target processes in this container name."),
    bool("tty|t", "Allocate a TTY for the debugging container."),
  ],
  run,
};

async function run(session: Session): Promise<void> {
  const { flags, args, dash } = session;
  await session.target();
  const names = dash < 0 ? args : args.slice(0, dash);
  const attach = flags.given("attach") ? flags.bool("attach") : flags.bool("stdin");
  const wish = wishOf(session, dash < 0 ? [] : args.slice(dash));
  if (flags.text("custom")) wish.custom = await readCustom(session, flags.text("custom"));
  validate(session, { wish, names, attach });
  const random = systemRandom;
  const named = (name: string) => {
    if (!flags.bool("quiet")) session.line(`Defaulting debug container name to ${name}.`);
  };
  const around: Around = { random, named, lookup: wish.custom && (await containerLookup(session)) };
  const typed = names.map((name) => (name.includes("/") ? name : `pods/${name}`));
  for (const target of await buildTargets(session, { args: typed })) {
    if (!isNamed(target)) throw new CliError("a single object must be named");
    const { resource } = target;
    const object = await getObject(session, target);
    let made: { pod: KObject; container: string };
    if (resource.name === "nodes" && resource.group === "") made = await debugNode(session, { node: object.metadata.name, wish, around });
    else if (resource.name !== "pods" || resource.group !== "")
      throw new CliError(`${JSON.stringify(`${resource.group}/${resource.version}, Kind=${resource.kind}`)} not supported by debug`);
    else if (wish.copyTo) made = await debugCopy(session, { object, wish, around });
    else made = await debugEphemeral(session, { object, wish, around });
    if (attach && made.container !== "") await attachOrShow(session, made);
  }
}

function wishOf(session: Session, args: string[]): Wish {
  const { flags } = session;
  const wish: Wish = {
    args,
    argumentsOnly: flags.bool("arguments-only"),
    container: flags.text("container"),
    copyTo: flags.text("copy-to"),
    env: [...flags.pairs("env")].map(([name, value]) => ({ name, value })),
    image: flags.text("image"),
    keep: {
      labels: flags.bool("keep-labels"),
      annotations: flags.bool("keep-annotations"),
      liveness: flags.bool("keep-liveness"),
      readiness: flags.bool("keep-readiness"),
      startup: flags.bool("keep-startup"),
      initContainers: flags.bool("keep-init-containers"),
    },
    profile: profileOf(flags.text("profile")),
    custom: undefined,
    pullPolicy: flags.text("image-pull-policy"),
    sameNode: flags.bool("same-node"),
    setImages: flags.pairs("set-image"),
    shareProcesses: flags.given("share-processes") ? flags.bool("share-processes") : undefined,
    stdin: flags.bool("stdin"),
    target: flags.text("target"),
    tty: flags.bool("tty"),
  };
  return wish;
}

/** Throws what upstream refuses, in its order. */
function validate(session: Session, at: { wish: Wish; names: string[]; attach: boolean }): void {
  const { flags } = session;
  const { wish, names, attach } = at;
  const refuse = (message: string) => new CliError(message);
  if (attach && flags.given("attach") && !wish.image && !wish.container)
    throw refuse("you must specify --container or create a new container using --image in order to attach.");
  if (wish.copyTo) {
    if (!wish.image && wish.setImages.size === 0 && wish.args.length === 0)
      throw refuse("you must specify --image, --set-image or command arguments.");
    if (wish.args.length > 0 && !wish.container && !wish.image)
      throw refuse("you must specify an existing container or a new image when specifying args.");
  } else if (flags.bool("replace")) throw refuse("--replace may only be used with --copy-to.");
  else if (wish.sameNode) throw refuse("--same-node may only be used with --copy-to.");
  else if (wish.setImages.size > 0) throw refuse("--set-image may only be used with --copy-to.");
  else if (!wish.image) throw refuse("you must specify --image when not using --copy-to.");
  if (wish.image && !isImageReference(wish.image))
    throw refuse(`invalid image name ${JSON.stringify(wish.image)}: invalid reference format`);
  if (names.length === 0 && flags.list("filename").length === 0) throw refuse("NAME or filename is required for debug");
  if (!["", "Always", "IfNotPresent", "Never"].includes(wish.pullPolicy)) throw refuse(`invalid image pull policy: ${wish.pullPolicy}`);
  for (const [name, image] of wish.setImages)
    if (!isImageReference(image))
      throw refuse(`invalid image name ${JSON.stringify(image)} for container ${JSON.stringify(name)}: invalid reference format`);
  if (wish.target && wish.copyTo) throw refuse("--target is incompatible with --copy-to. Use --share-processes instead.");
  if (wish.target && !flags.bool("quiet"))
    session.line(
      `Targeting container ${JSON.stringify(wish.target)}. If you don't see processes from this container it may be because the container runtime doesn't support this feature.`,
    );
  if (wish.tty && !wish.stdin) throw refuse("-i/--stdin is required for containers with -t/--tty=true");
  const fixed = (field: string) => (Array.isArray(wish.custom?.[field]) ? wish.custom[field].length > 0 : Boolean(wish.custom?.[field]));
  if (["name", "command", "image", "lifecycle", "volumeDevices"].some(fixed))
    throw refuse("name, command, image, lifecycle and volume devices are not modifiable via custom profile");
  if (flags.text("profile") === "legacy")
    session.err(
      '--profile=legacy is deprecated and planned to be removed in v1.39. It is recommended to specify other profile, for example "--profile=general".\n',
    );
}

async function readCustom(session: Session, file: string): Promise<Container> {
  let content: string;
  try {
    content = readFileSync(resolve(session.io.cwd, file), "utf8");
  } catch {
    throw new CliError(`must pass a container spec json file for custom profile: open ${file}: no such file or directory`);
  }
  const { readYaml } = await import("#codec/yaml.ts");
  const { value } = readYaml(content);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new CliError(`${file} does not contain a valid container spec: it is no object`);
  return value as Container;
}

/** How the fields of a container merge, as the server's document says. */
async function containerLookup(session: Session): Promise<Around["lookup"]> {
  const { strategicLookup } = await import("../../patch/three-way.ts");
  const pod = await strategicLookup(session, { resource: await session.resource("pods") });
  return pod?.field("spec")?.lookup?.field("containers")?.lookup;
}

type Debugged = { pod: KObject; container: string };

async function debugNode(session: Session, at: { node: string; wish: Wish; around: Around }): Promise<Debugged> {
  const { pod, container } = nodePod(at.node, at.wish, at.around);
  if (!session.flags.bool("quiet"))
    session.line(`Creating debugging pod ${pod.metadata.name} with container ${container} on node ${at.node}.`);
  const namespace = await session.namespace();
  return { pod: await createObject(session, await session.resource("pods"), pod, { namespace }), container };
}

async function debugCopy(session: Session, at: { object: KObject; wish: Wish; around: Around }): Promise<Debugged> {
  const { pod, container } = copyOf(at.object, at.wish, at.around);
  warnOfUser(
    session,
    pod.spec.containers.find((each: Container) => each.name === container),
    pod.spec,
  );
  const resource = await session.resource("pods");
  const { namespace = "", name } = at.object.metadata;
  const created = await createObject(session, resource, pod, { namespace });
  if (session.flags.bool("replace")) {
    const { deleteObject } = await import("../delete.ts");
    await deleteObject(session, { resource, namespace, name }, { gracePeriodSeconds: 0 });
  }
  return { pod: created, container };
}

async function debugEphemeral(session: Session, at: { object: KObject; wish: Wish; around: Around }): Promise<Debugged> {
  const container = ephemeralContainer(at.object, at.wish, at.around);
  warnOfUser(session, container, at.object.spec);
  const { namespace = "", name } = at.object.metadata;
  const target = { resource: await session.resource("pods"), namespace, name };
  const patch = { spec: { ephemeralContainers: [container] } };
  try {
    const pod = await patchObject(session, target, "strategic", patch, { subresource: "ephemeralcontainers" });
    return { pod, container: container.name };
  } catch (error) {
    if (error instanceof StatusError && error.reason === "NotFound" && !error.status.details?.name)
      throw new CliError(`ephemeral containers are disabled for this cluster (error from server: ${JSON.stringify(error.message)})`);
    throw error;
  }
}

function warnOfUser(session: Session, container: Container | undefined, spec: PodSpec): void {
  if (needsWarning(container, spec))
    session.err(
      'Warning: Non-root user is configured for the entire target Pod, and some capabilities granted by debug profile may not work. Please consider using "--custom" with a custom profile that specifies "securityContext.runAsUser: 0".\n',
    );
}

/** Attaches to what runs; of what has ended already the log is shown. */
async function attachOrShow(session: Session, made: Debugged): Promise<void> {
  const { flags } = session;
  const { name, namespace = "" } = made.pod.metadata;
  const started = await startedPod(session, made);
  if (!started) return;
  if (!stateOf(started, made.container)?.terminated) {
    try {
      const { attachTo } = await import("../streams/exec.ts");
      await attachTo(session, started, {
        stdin: flags.bool("stdin"),
        tty: flags.bool("tty"),
        container: made.container,
        quiet: flags.bool("quiet"),
      });
      return;
    } catch (error) {
      session.err(`warning: couldn't attach to pod/${name}, falling back to streaming logs: ${messageFor(error)}\n`);
    }
  }
  const path = pathOf(await session.resource("pods"), { namespace, name, subresource: "log" });
  const stream = await (await session.rest()).stream({ path, query: { container: made.container }, accept: "*/*" });
  for await (const chunk of stream) session.io.stdout.write(chunk);
}

interface State {
  running?: object;
  terminated?: object;
  waiting?: { message?: string };
}

function stateOf(pod: KObject, container: string): State | undefined {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const statuses = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses] as { name: string; state?: State }[];
  return statuses.find((each) => each.name === container)?.state;
}

/** Watches until the container runs or has run; undefined when the user gave up waiting. */
async function startedPod(session: Session, made: Debugged): Promise<KObject | undefined> {
  const { name, namespace = "" } = made.pod.metadata;
  const { clock, signal } = session.io;
  const path = pathOf(await session.resource("pods"), { namespace });
  while (!signal?.aborted) {
    for await (const { type, object } of watchEvents<KObject>(session, { path, query: { fieldSelector: `metadata.name=${name}` } })) {
      if (type === "ERROR") break;
      if (type === "DELETED") throw new CliError(`pods ${JSON.stringify(name)} not found`);
      if (type === "BOOKMARK") continue;
      const state = stateOf(object, made.container);
      if (state?.running || state?.terminated) return object;
      if (state?.waiting?.message && !session.flags.bool("quiet")) session.warn(`container ${made.container}: ${state.waiting.message}`);
    }
    // A server that ends the watch at once is not asked in a tight loop.
    await clock.sleep(200, signal);
  }
  return undefined;
}
