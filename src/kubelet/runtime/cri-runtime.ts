/** The runtime by CRI over its unix socket; containerd's own event service tells at once when a container ends. */
import { describeMessages, GrpcError, grpcClient } from "#net/mod.ts";
import { criMessages } from "./cri-messages.ts";
import { imageViews, snapshotMessages } from "./image-views.ts";
import type {
  ContainerStatsMessage,
  ContainerStatusMessage,
  Runtime,
  RuntimeContainer,
  RuntimeImage,
  Sandbox,
  SandboxStatus,
} from "./runtime.ts";

const eventMessages = `
SubscribeRequest
  1 filters repeated string
Envelope
  3 topic string
`;

interface StatusMessage {
  status?: { conditions: { type: string; status: boolean; reason: string; message: string }[] };
  runtimeHandlers?: { name: string; features?: { recursiveReadOnlyMounts: boolean; userNamespaces: boolean } }[];
  features?: { supplementalGroupsPolicy: boolean };
}

const callMs = 120_000;
const notFound = 5;

export function criRuntime(socket: string): Runtime {
  const client = grpcClient(socket, describeMessages(criMessages + eventMessages + snapshotMessages));
  const call = <T>(service: string, method: string, request: object, options: { timeoutMs?: number; signal?: AbortSignal } = {}) =>
    client.unary<T>(`/runtime.v1.${service}/${method}`, [`${method}Request`, request], `${method}Response`, {
      timeoutMs: callMs,
      ...options,
    });
  const runtime = <T>(method: string, request: object, timeoutMs?: number) =>
    call<T>("RuntimeService", method, request, timeoutMs ? { timeoutMs } : {});
  const images = <T>(method: string, request: object, signal?: AbortSignal) =>
    call<T>("ImageService", method, request, { timeoutMs: 30 * 60_000, ...(signal ? { signal } : {}) });
  const orNothing = async (attempt: Promise<unknown>) => {
    try {
      await attempt;
    } catch (error) {
      if (!(error instanceof GrpcError && error.code === notFound)) throw error;
    }
  };
  const orUndefined = async <T>(attempt: Promise<T>): Promise<T | undefined> => {
    try {
      return await attempt;
    } catch (error) {
      if (error instanceof GrpcError && error.code === notFound) return undefined;
      throw error;
    }
  };
  const version: Runtime["version"] = () => runtime("Version", { version: "v1" });
  const { imageView, removeImageView } = imageViews(client, {
    version,
    statusInfo: async () => (await runtime<{ info: Record<string, string> }>("Status", { verbose: true })).info,
    imageInfo: async (image) => (await images<{ info: Record<string, string> }>("ImageStatus", { image: { image }, verbose: true })).info,
  });
  return {
    version,
    status: async () => {
      const answer = await runtime<StatusMessage>("Status", {});
      return {
        problems: (answer.status?.conditions ?? []).filter((condition) => !condition.status),
        handlers: (answer.runtimeHandlers ?? []).map(({ name, features }) => ({
          name,
          userNamespaces: features?.userNamespaces === true,
          recursiveReadOnly: features?.recursiveReadOnlyMounts === true,
        })),
        supplementalGroupsPolicy: answer.features?.supplementalGroupsPolicy === true,
      };
    },
    runSandbox: async (config, runtimeHandler) =>
      (await runtime<{ podSandboxId: string }>("RunPodSandbox", { config, runtimeHandler }, 4 * 60_000)).podSandboxId,
    stopSandbox: (podSandboxId) => orNothing(runtime("StopPodSandbox", { podSandboxId })),
    removeSandbox: (podSandboxId) => orNothing(runtime("RemovePodSandbox", { podSandboxId })),
    sandboxStatus: async (podSandboxId) =>
      (await orUndefined(runtime<{ status: SandboxStatus }>("PodSandboxStatus", { podSandboxId })))?.status,
    sandboxPid: async (podSandboxId) => {
      const answer = await orUndefined(runtime<{ info: Record<string, string> }>("PodSandboxStatus", { podSandboxId, verbose: true }));
      const pid = JSON.parse(answer?.info.info ?? "{}").pid;
      return typeof pid === "number" && pid > 0 ? pid : undefined;
    },
    listSandboxes: async () => (await runtime<{ items: Sandbox[] }>("ListPodSandbox", {})).items,
    createContainer: async (podSandboxId, config, sandboxConfig) =>
      (await runtime<{ containerId: string }>("CreateContainer", { podSandboxId, config, sandboxConfig })).containerId,
    startContainer: async (containerId) => void (await runtime("StartContainer", { containerId })),
    stopContainer: (containerId, timeout) => orNothing(runtime("StopContainer", { containerId, timeout }, timeout * 1000 + callMs)),
    removeContainer: (containerId) => orNothing(runtime("RemoveContainer", { containerId })),
    updateContainer: async (containerId, linux) => void (await runtime("UpdateContainerResources", { containerId, linux })),
    listContainers: async () => (await runtime<{ containers: RuntimeContainer[] }>("ListContainers", {})).containers,
    containerStatus: async (containerId) =>
      (await orUndefined(runtime<{ status: ContainerStatusMessage }>("ContainerStatus", { containerId })))?.status,
    exec: async (containerId, cmd, timeout) => {
      const { stdout, stderr, exitCode } = await runtime<{ stdout: Uint8Array; stderr: Uint8Array; exitCode: number }>(
        "ExecSync",
        { containerId, cmd, timeout },
        timeout > 0 ? timeout * 1000 + 5000 : undefined,
      );
      return { stdout: Buffer.from(stdout).toString(), stderr: Buffer.from(stderr).toString(), exitCode };
    },
    execUrl: async (request) => (await runtime<{ url: string }>("Exec", request)).url,
    attachUrl: async (request) => (await runtime<{ url: string }>("Attach", request)).url,
    portForwardUrl: async (podSandboxId, port) => (await runtime<{ url: string }>("PortForward", { podSandboxId, port })).url,
    reopenLog: async (containerId) => void (await runtime("ReopenContainerLog", { containerId })),
    checkpointContainer: async (containerId, location, timeout) =>
      void (await runtime("CheckpointContainer", { containerId, location, timeout }, timeout * 1000)),
    listImages: async () => (await images<{ images: RuntimeImage[] }>("ListImages", {})).images,
    imageStatus: async (image) => (await images<{ image?: RuntimeImage }>("ImageStatus", { image: { image } })).image,
    pullImage: async (image, auth, signal) =>
      (await images<{ imageRef: string }>("PullImage", { image: { image }, ...(auth ? { auth } : {}) }, signal)).imageRef,
    removeImage: (image) => orNothing(images("RemoveImage", { image: { image } })),
    imageView,
    removeImageView: (key) => orNothing(removeImageView(key)),
    imageFs: async () => {
      const { imageFilesystems } = await images<{ imageFilesystems: { fsId?: { mountpoint: string } }[] }>("ImageFsInfo", {});
      return imageFilesystems[0]?.fsId?.mountpoint;
    },
    containerStats: async () => (await runtime<{ stats: ContainerStatsMessage[] }>("ListContainerStats", {})).stats,
    async *events(signal) {
      const filters = ['topic=="/tasks/exit"', 'topic=="/tasks/oom"', 'topic=="/tasks/start"', 'topic=="/tasks/delete"'];
      const stream = client.serverStream("/containerd.services.events.v1.Events/Subscribe", ["SubscribeRequest", { filters }], "Envelope", {
        signal,
        metadata: { "containerd-namespace": "k8s.io" },
      });
      for await (const _ of stream) yield;
    },
    close: () => client.close(),
  };
}
