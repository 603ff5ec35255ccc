/** `debug`: an ephemeral container in a running pod. */

import { nameSuffix, systemRandom } from "#base/random.ts";
import type { Command } from "../command.ts";
import { CliError } from "../failure.ts";
import { bool, text, texts } from "../input/flags.ts";
import { getObject, patchObject } from "../objects.ts";
import { waitForPod } from "../pods.ts";
import type { KObject } from "../print/values.ts";
import { attachTo, podTarget } from "./streams/exec.ts";

export const command: Command = {
  use: "debug (POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ]",
  long: "Debug a running pod with an ephemeral container. Copies of pods and node debugging are not built into this kubectl.",
  examples: "kubectl debug mypod -it --image=busybox",
  flags: [
    text("image", "Container image to use for debug container."),
    text("container|c", "Container name to use for debug container."),
    text("target", "Target processes in this container name."),
    text("image-pull-policy", "The image pull policy for the container."),
    texts("env", "Environment variables to set in the container."),
    bool("stdin|i", "Keep stdin open on the container, even if nothing is attached."),
    bool("tty|t", "Allocate a TTY for the debugging container."),
    bool("attach", "If true, wait for the container to start running, and then attach."),
    bool("quiet|q", "If true, suppress informational messages."),
    text("profile", "Accepted for compatibility.", "general"),
    text("copy-to", "Create a copy of the target Pod with this name."),
  ],
  async run(session) {
    const { flags, args, dash } = session;
    const names = dash < 0 ? args.slice(0, 1) : args.slice(0, dash);
    const words = dash < 0 ? args.slice(1) : args.slice(dash);
    if (flags.text("copy-to"))
      throw new CliError(
        "--copy-to is not built into this kubectl: create the copy with 'kubectl get pod -o yaml' and 'kubectl create -f'",
      );
    if (!flags.text("image")) throw new CliError("you must specify --image when not using --copy-to.");
    if (names.length === 0) throw new CliError("NAME or TYPE/NAME is required for debug");
    const at = await podTarget(session, names);
    if (at.resource.name === "nodes")
      throw new CliError("debugging nodes is not built into this kubectl: run a privileged pod on the node instead");
    const pod = await getObject(session, at);
    const container = flags.text("container") || `debugger-${nameSuffix(systemRandom)}`;
    const attach = flags.given("attach") ? flags.bool("attach") : flags.bool("stdin") || flags.bool("tty");
    if (!flags.text("container") && !flags.bool("quiet")) session.err(`Defaulting debug container name to ${container}.\n`);
    const env = flags.list("env").map((pair) => ({ name: pair.slice(0, pair.indexOf("=")), value: pair.slice(pair.indexOf("=") + 1) }));
    const spec = {
      name: container,
      image: flags.text("image"),
      ...(flags.text("image-pull-policy") ? { imagePullPolicy: flags.text("image-pull-policy") } : {}),
      ...(words.length > 0 ? { command: words } : {}),
      ...(env.length > 0 ? { env } : {}),
      ...(flags.bool("stdin") ? { stdin: true } : {}),
      ...(flags.bool("tty") ? { tty: true } : {}),
      ...(flags.text("target") ? { targetContainerName: flags.text("target") } : {}),
      terminationMessagePolicy: "File",
    };
    await patchObject(session, at, "strategic", { spec: { ephemeralContainers: [spec] } }, { subresource: "ephemeralcontainers" });
    if (!attach) return;
    const state = (current: KObject) =>
      current.status?.ephemeralContainerStatuses?.find((each: { name: string }) => each.name === container)?.state;
    const ready = await waitForPod(session, at, 60_000, (current) => Boolean(state(current)?.running ?? state(current)?.terminated));
    await attachTo(
      session,
      { ...ready, spec: { ...pod.spec, ...ready.spec } },
      { stdin: flags.bool("stdin"), tty: flags.bool("tty"), container },
    );
  },
};
