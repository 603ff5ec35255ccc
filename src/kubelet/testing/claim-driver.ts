/** A DRA driver for tests: it registers on real sockets, and notes what it is asked. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { serveGrpc } from "#net/mod.ts";
import { type ClaimRef, driverMessages, type PreparedDevice } from "../claims/driver.ts";
import { registrationMessages } from "../plugins/registry.ts";

interface Behaviour {
  versions?: string[];
  prepare?(claim: ClaimRef): { devices?: Partial<PreparedDevice>[]; error?: string };
}

export interface TestDriver {
  /** `prepare uid`, `unprepare uid`, `registered`, or why not. */
  readonly calls: string[];
  /** What `unprepare` answers, from now on. */
  fail(error: string): void;
  close(): Promise<void>;
}

export async function startTestDriver(
  folder: string,
  name: string,
  { versions = ["v1.DRAPlugin"], prepare }: Behaviour = {},
): Promise<TestDriver> {
  const calls: string[] = [];
  let failure = "";
  const sockets = join(folder, "plugins", name);
  await mkdir(sockets, { recursive: true });
  const service = `/k8s.io.kubelet.pkg.apis.dra.${versions[0]!.split(".")[0]}.DRAPlugin`;
  const each =
    (word: string, answer: (claim: ClaimRef) => object) =>
    async ({ claims }: { claims: ClaimRef[] }) => {
      for (const { uid } of claims) calls.push(`${word} ${uid}`);
      return { claims: Object.fromEntries(claims.map((claim) => [claim.uid, answer(claim)])) };
    };
  const driver = await serveGrpc(join(sockets, "dra.sock"), driverMessages, {
    [`${service}/NodePrepareResources`]: {
      request: "NodePrepareResourcesRequest",
      response: "NodePrepareResourcesResponse",
      handle: each("prepare", (claim) => prepare?.(claim) ?? { devices: [] }),
    },
    [`${service}/NodeUnprepareResources`]: {
      request: "NodeUnprepareResourcesRequest",
      response: "NodeUnprepareResourcesResponse",
      handle: each("unprepare", () => ({ error: failure })),
    },
  });
  const registration = await serveGrpc(join(folder, "plugins_registry", `${name}-reg.sock`), registrationMessages, {
    "/pluginregistration.Registration/GetInfo": {
      request: "InfoRequest",
      response: "PluginInfo",
      // As its pod sees it.
      handle: async () => ({ type: "DRAPlugin", name, endpoint: `/var/lib/kubelet/plugins/${name}/dra.sock`, supportedVersions: versions }),
    },
    "/pluginregistration.Registration/NotifyRegistrationStatus": {
      request: "RegistrationStatus",
      response: "RegistrationStatusResponse",
      handle: async ({ pluginRegistered, error }: { pluginRegistered: boolean; error: string }) => {
        calls.push(pluginRegistered ? "registered" : error);
        return {};
      },
    },
  });
  return {
    calls,
    fail: (error) => {
      failure = error;
    },
    async close() {
      await registration.close();
      await driver.close();
    },
  };
}
