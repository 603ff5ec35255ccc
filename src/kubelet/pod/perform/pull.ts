/** An image of a pod: from the node, or pulled with the pod's own secrets; told as upstream tells it. */
import type { RuntimeImage } from "../../runtime/runtime.ts";
import type { PodContext } from "../context.ts";
import type { Trouble } from "../history.ts";
import { authFor, type PullResult } from "../images.ts";

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
  const result = await node.images.ensure(uid, image, policy, authFor(image, pullSecrets(at)), () =>
    at.tell("Normal", "Pulling", `Pulling image "${image}"`, name),
  );
  if (result.ok) {
    const took = result.pulledMs;
    const text =
      took === undefined
        ? `Container image "${image}" already present on machine`
        : `Successfully pulled image "${image}" in ${duration(took)} (${duration(took)} including waiting). Image size: ${result.image.size} bytes.`;
    at.tell("Normal", "Pulled", text, name);
    return { image: result.image };
  }
  tellFailure(result, image, name, at);
  const waitMs = result.reason === "ErrImagePull" ? errorShownMs : result.retryMs;
  return { trouble: { reason: result.reason, message: result.message, untilMs: node.clock.now() + waitMs } };

  function pullSecrets({ tell }: PodContext): string[] {
    const namespace = pod.metadata.namespace ?? "";
    const missing: string[] = [];
    const configs = (pod.spec?.imagePullSecrets ?? []).flatMap((ref) => {
      const secret = ref.name ? node.objects.secret(namespace, ref.name) : undefined;
      if (ref.name && !secret) missing.push(ref.name);
      const data = secret?.data?.[".dockerconfigjson"];
      if (data) return [Buffer.from(data, "base64").toString()];
      // The older form is the map of registries alone.
      const old = secret?.data?.[".dockercfg"];
      return old ? [`{"auths":${Buffer.from(old, "base64")}}`] : [];
    });
    if (missing.length > 0)
      tell(
        "Warning",
        "FailedToRetrieveImagePullSecret",
        `Unable to retrieve some image pull secrets (${missing.join(", ")}); attempting to pull the image may not succeed.`,
      );
    return configs;
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
