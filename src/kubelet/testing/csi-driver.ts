/** A CSI driver for tests: real gRPC on sockets of its own, volumes that are folders with a mark, and what it was asked. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GrpcRefusal, serveGrpc } from "#net/mod.ts";
import { csiMessages } from "../csi/messages.ts";
import { registrationMessages } from "../plugins/registry.ts";

// biome-ignore lint/suspicious/noExplicitAny: requests are read by tests, field by field
type Request = any;

export interface TestCsiDriver {
  /** Method and what it was asked, oldest first. */
  readonly calls: { method: string; request: Request }[];
  /** `NodeStageVolume h`, and what it was told of its registration. */
  told(): string[];
  /** gRPC's code and message that a method answers from now on; undefined: all is well again. */
  refuse(method: string, refusal: { code: number; message: string } | undefined): void;
  close(): Promise<void>;
}

interface Behaviour {
  /** Numbers of what its node service can do. */
  capabilities?: number[];
  nodeId?: string;
  maxVolumes?: number;
  topology?: Record<string, string>;
  versions?: string[];
  usage?: object[];
  /** As its pod sees its socket; absent: as the machine has it. */
  inPod?: boolean;
}

const methods = [
  "GetInfo",
  "GetCapabilities",
  "StageVolume",
  "UnstageVolume",
  "PublishVolume",
  "UnpublishVolume",
  "GetVolumeStats",
  "ExpandVolume",
];

/** `folder`: the kubelet's. */
export async function startTestCsiDriver(folder: string, name: string, behaviour: Behaviour = {}): Promise<TestCsiDriver> {
  const calls: TestCsiDriver["calls"] = [];
  const news: string[] = [];
  const refusals = new Map<string, { code: number; message: string }>();
  const socket = join(folder, "plugins", name, "csi.sock");
  await mkdir(join(folder, "plugins", name), { recursive: true });
  await mkdir(join(folder, "plugins_registry"), { recursive: true });
  const node = await serveGrpc(
    socket,
    csiMessages,
    Object.fromEntries(
      methods.map((word) => {
        const method = `Node${word}`;
        return [
          `/csi.v1.Node/${method}`,
          {
            request: `${method}Request`,
            response: `${method}Response`,
            async handle(request: Request) {
              if (word !== "GetCapabilities") {
                calls.push({ method, request });
                news.push([method, request.volumeId].filter(Boolean).join(" "));
              }
              const refusal = refusals.get(method);
              if (refusal) throw new GrpcRefusal(refusal.code, refusal.message);
              return answer(word, request, behaviour);
            },
          },
        ];
      }),
    ),
  );
  const registration = await serveGrpc(join(folder, "plugins_registry", `${name}-reg.sock`), registrationMessages, {
    "/pluginregistration.Registration/GetInfo": {
      request: "InfoRequest",
      response: "PluginInfo",
      handle: async () => ({
        type: "CSIPlugin",
        name,
        endpoint: behaviour.inPod ? `/var/lib/kubelet/plugins/${name}/csi.sock` : socket,
        supportedVersions: behaviour.versions ?? ["1.0.0"],
      }),
    },
    "/pluginregistration.Registration/NotifyRegistrationStatus": {
      request: "RegistrationStatus",
      response: "RegistrationStatusResponse",
      async handle({ pluginRegistered, error }: Request) {
        news.push(pluginRegistered ? "registered" : error);
        return {};
      },
    },
  });
  return {
    calls,
    told: () => news.splice(0),
    refuse: (method, refusal) => void (refusal ? refusals.set(method, refusal) : refusals.delete(method)),
    async close() {
      await registration.close();
      await node.close();
    },
  };
}

async function answer(word: string, request: Request, behaviour: Behaviour): Promise<object> {
  switch (word) {
    case "GetInfo":
      return {
        nodeId: behaviour.nodeId ?? "id-1",
        maxVolumesPerNode: behaviour.maxVolumes ?? 0,
        ...(behaviour.topology ? { accessibleTopology: { segments: behaviour.topology } } : {}),
      };
    case "GetCapabilities":
      return { capabilities: (behaviour.capabilities ?? []).map((type) => ({ rpc: { type } })) };
    case "PublishVolume":
      if (request.volumeCapability.block) await writeFile(request.targetPath, "");
      else await mkdir(request.targetPath, { recursive: true });
      return {};
    case "UnpublishVolume":
      await rm(request.targetPath, { recursive: true, force: true });
      return {};
    case "GetVolumeStats":
      return { usage: behaviour.usage ?? [] };
    case "ExpandVolume":
      return { capacityBytes: request.capacityRange.requiredBytes };
    default:
      return {};
  }
}
