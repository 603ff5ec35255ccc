/** An image of a pod: from the node, or pulled with the pod's own secrets; told as upstream tells it. */
import type { Secret } from "#api/mod.ts";
import type { PullResult } from "../../images/images.ts";
import type { RuntimeImage } from "../../runtime/runtime.ts";
import type { PodContext } from "../context.ts";
import type { Trouble } from "../history.ts";

/** A first failure is told as ErrImagePull for so long before it is told as a back-off. */
const errorShownMs = 1000;

export interface WantedImage {
  image: string;
  policy: string;
  /** Whose; absent: the pod's, for a volume. */
  name?: string | undefined;
}

export async function pull({ image, policy, name }: WantedImage, at: PodContext): Promise<{ image: RuntimeImage } | { trouble: Trouble }> {
  const { node, pod, uid } = at;
  const secrets = pullSecrets();
  const result = await node.images.ensure({
    uid,
    image,
    policy,
    credentials: () => node.pullCredentials.of(image, pod, secrets),
    onPull: () => at.tell("Normal", "Pulling", `Pulling image "${image}"`, name),
  });
  if (result.ok) {
    const took = result.pulledMs;
    const text =
      took === undefined
        ? `Container image "${image}" already present on machine and can be accessed by the pod`
        : `Successfully pulled image "${image}" in ${duration(took)} (${duration(took)} including waiting). Image size: ${result.image.size} bytes.`;
    at.tell("Normal", "Pulled", text, name);
    return { image: result.image };
  }
  tellFailure(result, image, name, at);
  const waitMs = result.reason === "ErrImagePull" ? errorShownMs : result.retryMs;
  return { trouble: { reason: result.reason, message: result.message, untilMs: node.clock.now() + waitMs } };

  function pullSecrets(): Secret[] {
    const namespace = pod.metadata.namespace ?? "";
    const named = (pod.spec?.imagePullSecrets ?? []).flatMap(({ name: secret }) => secret || []);
    const found = named.map((secret) => ({ secret, object: node.objects.secret(namespace, secret) }));
    const missing = found.filter(({ object }) => !object).map(({ secret }) => secret);
    if (missing.length > 0)
      at.tell(
        "Warning",
        "FailedToRetrieveImagePullSecret",
        `Unable to retrieve some image pull secrets (${missing.join(", ")}); attempting to pull the image may not succeed.`,
      );
    return found.flatMap(({ object }) => object ?? []);
  }
}

type Failure = Extract<PullResult, { ok: false }>;

function tellFailure({ reason, message }: Failure, image: string, name: string | undefined, { tell }: PodContext): void {
  if (reason === "ErrImagePull") tell("Warning", "Failed", `Failed to pull image "${image}": ${message}`, name);
  else if (reason === "ImagePullBackOff") tell("Normal", "BackOff", `Back-off pulling image "${image}"`, name);
  else tell("Warning", reason === "InvalidImageName" ? "InspectFailed" : reason, message, name);
  if (name !== undefined) tell("Warning", "Failed", `Error: ${reason}`, name);
}

/** As Go prints it: `1.234s`, `250ms`. */
const duration = (ms: number) => (ms < 1000 ? `${Math.round(ms)}ms` : `${(ms / 1000).toFixed(3).replace(/\.?0+$/, "")}s`);
